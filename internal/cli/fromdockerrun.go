package cli

import (
	"os"

	"github.com/spf13/cobra"

	"ctenv/internal/hint"
	"ctenv/internal/runline"
)

func (a *app) newFromDockerRun() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "from-docker-run [flags] LINE",
		Short: "Print the .ctenv.toml for a docker run line",
		Long: `Prints the .ctenv.toml of a container that does what a docker run line does, and
below it what is not taken over, with the reason. A mount of the directory that
the line is called in becomes the project's. Nothing is run or written.`,
		Example: `  ctenv from-docker-run 'docker run -it --rm -v "$PWD":/app -w /app gcc make'
  ctenv from-docker-run docker run -p 8080:80 debian:bookworm >.ctenv.toml`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return hint.Misused("ctenv from-docker-run 'docker run -it … IMAGE COMMAND'", "from-docker-run takes a docker run line")
			}
			return nil
		},
		RunE:              func(_ *cobra.Command, args []string) error { return a.fromDockerRun(args) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func (a *app) fromDockerRun(words []string) error {
	cwd, err := os.Getwd()
	if err != nil {
		return hint.Failed(err, "")
	}
	c, err := runline.From(words, cwd)
	if err != nil {
		return err
	}
	return a.Print(c.File())
}

package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"ctenv/internal/initbin"
	"ctenv/internal/join"
	"ctenv/internal/usage"
	"ctenv/internal/wire"
)

func (a *app) newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Example: `  ctenv version
  ctenv version --json`,
		Args: usage.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.version(asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: the version, the commit, and each ctenv-init's SHA-256")
	return cmd
}

// versionReport is what tells one build from another.
type versionReport struct {
	Version  string            `json:"version"`
	Commit   string            `json:"commit,omitempty"` // "" where the build was told none
	Go       string            `json:"go"`
	Platform string            `json:"platform"` // that this ctenv runs on
	Protocol protocolReport    `json:"protocol"`
	Inits    map[string]string `json:"ctenv_init"` // SHA-256 by platform
}

// protocolReport has the versions of what ctenv and ctenv-init say to each other.
type protocolReport struct {
	Request int `json:"request"`
	Join    int `json:"join"`
}

func (a *app) version(asJSON bool) error {
	if !asJSON {
		return a.Print("ctenv " + a.Version + "\n")
	}
	inits := map[string]string{}
	for arch, hash := range initbin.Hashes() {
		inits["linux/"+arch] = hash
	}
	return a.PrintJSON(versionReport{
		Version: a.Version, Commit: a.commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Protocol: protocolReport{Request: wire.Version, Join: join.Version}, Inits: inits,
	})
}

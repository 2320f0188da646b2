//go:build linux

package coreutils

import (
	"io"
	"os"
)

// cat [-u] [FILE...]; "-" is standard input.
func cat(c *Call, _ options, files []string) {
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		if err := c.catOne(name); err != nil {
			c.fail(name, err)
		}
		if c.Stdout.(*pipe).broken {
			return
		}
	}
}

func (c *Call) catOne(name string) error {
	in := c.Stdin
	if name != "-" {
		f, err := os.Open(c.path(name))
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	_, err := io.Copy(c.Stdout, in)
	if c.Stdout.(*pipe).broken {
		return nil
	}
	return err
}

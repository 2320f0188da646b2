package pipeline

import (
	"errors"
	"fmt"
	"strings"

	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/look"
)

// checkSetting is what is wrong with a setting of a container, whose value is TOML, as far as
// that can be said without looking at anything but h. The error has no place, and shows no
// value of a variable, as none about a project's file does: a stranger has written the setting.
func checkSetting(h look.Host, key, value string) error {
	src := &config.Source{Dir: h.ProjectDir, Project: true}
	file, err := config.Parse(fmt.Appendf(nil, "[containers.dev]\nimage = \"image\"\n%s = %s\n", key, value), src, false)
	var cfg config.Config
	if err == nil {
		err = cfg.Use([]*config.File{file}, string(h.User.Home))
	}
	var c config.Container
	if err == nil {
		c, err = cfg.Resolve("dev", config.Container{})
	}
	if err == nil {
		_, err = expand.Run(c, h, nil)
	}
	mistake := (*config.Error)(nil)
	if !errors.As(err, &mistake) {
		return err
	}
	// The key is named by whoever asks.
	if _, text, named := strings.Cut(mistake.Msg, ": "); named {
		return errors.New(text)
	}
	return errors.New(mistake.Msg)
}

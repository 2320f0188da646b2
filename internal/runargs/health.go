package runargs

import (
	"errors"
	"time"

	"github.com/docker/docker/api/types/container"
)

type duration = time.Duration

func (t *target) healthConfig() *container.HealthConfig {
	if t.health == nil {
		t.health = &container.HealthConfig{}
	}
	return t.health
}

func setHealthCmd(t *target, value string) error {
	t.healthConfig().Test = []string{"CMD-SHELL", value}
	return nil
}

func healthDuration(field func(*container.HealthConfig) *duration) setter {
	return func(t *target, value string) error {
		d, err := time.ParseDuration(value)
		// The engine refuses anything below a millisecond but 0, its default.
		if err != nil || d < 0 || d > 0 && d < time.Millisecond {
			return errors.New("want a time such as 30s or 1m30s, at least 1ms")
		}
		*field(t.healthConfig()) = d
		return nil
	}
}

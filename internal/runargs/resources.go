package runargs

import (
	"errors"
	"strconv"
	"strings"

	"github.com/docker/cli/opts"
)

func setBlkioWeight(t *target, value string) error {
	n, err := parseInt(value, 0, 1000)
	if err != nil || n > 0 && n < 10 {
		return errors.New("want 10 to 1000, or 0")
	}
	t.host.BlkioWeight = uint16(n)
	return nil
}

func setBlkioWeightDevice(t *target, value string) error {
	o := opts.NewWeightdeviceOpt(opts.ValidateWeightDevice)
	if err := o.Set(value); err != nil {
		return err
	}
	t.host.BlkioWeightDevice = append(t.host.BlkioWeightDevice, o.GetList()...)
	return nil
}

func setCPUs(t *target, value string) error {
	// opts.NanoCPUs computes with rationals of any size: 1e999999999 would take all
	// memory.
	if strings.Trim(value, "0123456789./") != "" || len(value) > 32 {
		return errors.New("want a number such as 1.5")
	}
	return (*opts.NanoCPUs)(&t.host.NanoCPUs).Set(value)
}

// cpuset stores a list of cpuset(7): numbers and ranges between commas.
func cpuset(field func(*target) *string) setter {
	return func(t *target, value string) error {
		for part := range strings.SplitSeq(value, ",") {
			first, last, isRange := strings.Cut(part, "-")
			lo, err := strconv.ParseUint(first, 10, 16)
			hi := lo
			if err == nil && isRange {
				hi, err = strconv.ParseUint(last, 10, 16)
			}
			if err != nil || hi < lo {
				return errors.New("want numbers and ranges, such as 0-3,6")
			}
		}
		*field(t) = value
		return nil
	}
}

func setMemorySwap(t *target, value string) error {
	return (*opts.MemSwapBytes)(&t.host.MemorySwap).Set(value)
}

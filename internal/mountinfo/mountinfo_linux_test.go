package mountinfo

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	const info = "22 1 8:1 / / rw - ext4 /dev/sda rw\n23 22 0:5 /v\\011 /a\\040b\\134\\012\\134040 rw shared:1 - tmpfs tmpfs rw\n"
	want := []Mount{{22, 1, "/", "/"}, {23, 22, "/v\t", "/a b\\\n\\040"}}
	if got, err := Parse(info); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := Parse("short\n" + info); err == nil || !slices.Equal(got, want) {
		t.Errorf("with half a line: got %v, %v, want %v and an error", got, err, want)
	}
}

func TestOwn(t *testing.T) {
	mounts, err := Own()
	if err != nil || !slices.ContainsFunc(mounts, func(m Mount) bool { return m.Point == "/proc" }) {
		t.Errorf("%v, %v", mounts, err)
	}
}

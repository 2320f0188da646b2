package build

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/distribution/reference"

	"ctenv/internal/plan"
)

func TestBases(t *testing.T) {
	tests := []struct {
		name, dockerfile string
		args             []plan.BuildArg
		want             string // names, spaces between; "?" when they cannot be told
	}{
		{"one", "FROM debian:12\nRUN x\n", nil, "debian:12"},
		{"lower case, a platform and a stage", "from --platform=linux/amd64 debian as x\n", nil, "debian"},
		{"stages are no images", "FROM a AS One\nFROM one AS two\nFROM b\nCOPY --from=two / /\nCOPY --from=0 / /\n", nil, "a b"},
		{"a later stage of that name is an image still", "FROM x AS y\nFROM z AS x\n", nil, "x z"},
		{"COPY from an image", "FROM a\nCOPY --chown=1 --from=tools:1 /x /y\n", nil, "a tools:1"},
		{"each once", "FROM a AS x\nFROM a\n", nil, "a"},
		{"scratch", "FROM scratch\nCOPY x /\n", nil, ""},
		{"comments and empty lines", "# FROM b\n\n  # c\nFROM a\n", nil, "a"},
		{"a line that goes on", "FROM \\\n# a comment between\n  a \\\n  AS x\nRUN FROM \\\n FROM b\n", nil, "a"},
		{"another escape", "# escape=`\nFROM `\na\nRUN dir c:\\\nFROM b\n", nil, "a b"},
		{"an escape that comes too late", "FROM a\n# escape=`\nRUN x \\\nFROM b\n", nil, "a"},
		{"an argument's default", "ARG V=12\nFROM debian:$V\n", nil, "debian:12"},
		{"an argument that is given", "ARG V=12\nFROM debian:${V}\n", []plan.BuildArg{{Name: "V", Value: "13"}}, "debian:13"},
		{"quotes", "ARG V=\"12\"\nFROM 'debian:'${V}\n", nil, "?"},
		{"an argument of another", "ARG A=b\nARG C=x-${A} D=1\nFROM $C:$D\n", nil, "x-b:1"},
		{"an argument after FROM is the stage's", "FROM a\nARG V=1\nFROM b:${V:-2}\n", nil, "a b:2"},
		{"defaults", "ARG E=\nFROM a:${V-1}\nFROM a:${E:-2}\nFROM a:${E-3}x\nFROM a:${E+4}\nFROM a:${E:+5}z\n", nil, "a:1 a:2 a:x a:4 a:z"},
		{"the builder's own", "FROM golang AS x\nFROM base-$TARGETARCH\n", nil, "?"},
		{"no value", "ARG V\nFROM a:$V\n", nil, "?"},
		{"other expansions", "ARG V=1.2\nFROM a:${V%.*}\n", nil, "?"},
		{"Windows line ends", "FROM a\r\nRUN x \\\r\n FROM b\r\n", nil, "a"},
		{"nothing after FROM", "FROM --platform=x\n", nil, "?"},
		{"a here-document", "FROM a\nRUN python3 <<EOF\nfrom PIL import Image\nEOF\nCOPY --from=b x /\n", nil, "a b"},
		{"its tabs", "FROM a\nRUN <<-EOF\n\tFROM x\n\tEOF\nFROM b\n", nil, "a b"},
		{"tabs that are not left out", "FROM a\nRUN <<EOF\n\tEOF\nFROM x\nEOF\nFROM b\n", nil, "a b"},
		{"quotes around its end", "FROM a\nCOPY <<'E F' <<\"G\" /\nFROM x\nE F\n# FROM y \\\nG\nFROM b\n", nil, "a b"},
		{"one after another", "FROM a\nRUN 3<<A cat <<B && x \\\n y <<C\nFROM x\nA\nFROM y\nB\nFROM z\nC\nFROM b\n", nil, "a b"},
		{"of a trigger", "FROM a\nONBUILD RUN <<A\nFROM x\nA\nFROM b\n", nil, "a b"},
		{"Windows line ends in it", "FROM a\r\nRUN <<A\r\nFROM x\r\nA\r\nFROM b\r\n", nil, "a b"},
		{"what is none", "FROM a\nRUN [\"x\", \"<<A\"]\nENV x=<<B\nRUN x '<<C' \"<<D\" <<<E 1 << 2 a<<F\nFROM b\n", nil, "a b"},
		{"one without an end", "FROM a\nRUN <<A\nFROM b\n", nil, "a"},
		{"no name of an image", "FROM a\nFROM .x\nCOPY --from=$X / /\n", nil, "a"},
		{"an open end", "FROM a\nRUN x \\", nil, "a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			images, _, ok := bases(test.dockerfile, test.args)
			got := strings.Join(images, " ")
			if !ok {
				got = "?"
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

// TestHostileBases: a Dockerfile that somebody has made to take all memory or time is left to
// the builder, where what it takes is in the names of images.
func TestHostileBases(t *testing.T) {
	const much = 200_000
	doubled := "ARG A0=0123456789abcdef\n"
	for i := 1; i <= 20; i++ { // sixteen more would be a terabyte
		doubled += fmt.Sprintf("ARG A%d=$A%d$A%d\n", i, i-1, i-1)
	}
	if images, starts, ok := bases(doubled+"FROM x$A20\n", nil); ok {
		t.Errorf("images %.40q, starts %.40q", images, starts)
	}
	if images, _, ok := bases(doubled+"FROM debian\n", nil); !ok || !slices.Equal(images, []string{"debian"}) {
		t.Errorf("got %.40q, %v", images, ok)
	}
	many := "ARG A=" + strings.Repeat("a", 1000) + "\n" + strings.Repeat("FROM $A\n", 3000)
	if _, starts, ok := bases(many, nil); ok {
		t.Errorf("%d starts", len(starts))
	}
	// Minutes, where the rest of the line was copied for each variable.
	line := "ARG A=\nARG B=" + strings.Repeat("$A${A}", much) + "x\nFROM $B\n"
	if images, _, ok := bases(line, nil); !ok || !slices.Equal(images, []string{"x"}) {
		t.Errorf("got %.40q, %v", images, ok)
	}
	goesOn := "FROM x\nRUN " + strings.Repeat("aaaaa\\\n", much) + "x\nFROM y\n"
	if images, _, ok := bases(goesOn, nil); !ok || !slices.Equal(images, []string{"x", "y"}) {
		t.Errorf("got %.40q, %v", images, ok)
	}
}

func FuzzBases(f *testing.F) {
	f.Add("ARG V=${A:-1}\nFROM a:$V AS x\nCOPY --from=y / /\n")
	f.Add("# escape=`\nFROM `\n a\n")
	f.Add("FROM a\nONBUILD RUN <<A <<-'B C' x\nFROM b\nA\n\tB C\nFROM .\n")
	f.Fuzz(func(t *testing.T, dockerfile string) {
		images, _, _ := bases(dockerfile, []plan.BuildArg{{Name: "A", Value: "b"}})
		for _, image := range images {
			if _, err := reference.ParseAnyReference(image); err != nil {
				t.Errorf("%q: an image that can have no name: %v", dockerfile, err)
			}
		}
	})
}

package dockerfile

import "testing"

func TestWantsContext(t *testing.T) {
	for text, want := range map[string]bool{
		"FROM x\nCOPY . /src":                                     true,
		"FROM x\ncopy --chown=1:1 a b /src/":                      true,
		"FROM x\nADD a.tar /":                                     true,
		"FROM x\nCOPY [\"a b\", \"/src\"]":                        true,
		"FROM x\nONBUILD COPY . /src":                             true,
		"FROM x\nCOPY \\\n  a \\\n  /b":                           true,
		"FROM x\nRUN --mount=type=bind,target=/src make -C /src":  true,
		"FROM x\nCOPY <<EOF a /b/\nx\nEOF":                        true,
		"FROM x\nRUN --mount=target=/src make -C /src":            true,
		"FROM x\nRUN --mount=source=a,target=/a cat /a":           true,
		"FROM x\nRUN echo a\\\\\nCOPY . /src":                     true,
		"FROM x\nCO\\\nPY . /src":                                 true,
		"FROM x\nRUN --mount=type=secret,id=s true":               false,
		"FROM x\nRUN true":                                        false,
		"FROM x AS s\nFROM y\nCOPY --from=s /a /b":                false,
		"FROM x\nCOPY <<EOF /b\nCOPY . /src\nEOF":                 false,
		"FROM x\nRUN <<EOF\nCOPY . /src\nEOF":                     false,
		"FROM x\nADD https://example.org/a.tar /":                 false,
		"FROM x\n# COPY . /src":                                   false,
		"FROM x\nRUN --mount=type=bind,from=s,target=/s cat /s/a": false,
		"FROM x\nRUN --mount=type=cache,target=/c true":           false,
		"FROM x\nCOPY":                                            false,
	} {
		if got := WantsContext(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

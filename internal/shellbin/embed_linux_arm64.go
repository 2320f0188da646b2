package shellbin

import "embed"

//go:embed bin/arm64
var embedded embed.FS

const dir = "bin/arm64"

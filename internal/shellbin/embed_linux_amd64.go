package shellbin

import "embed"

//go:embed bin/amd64
var embedded embed.FS

const dir = "bin/amd64"

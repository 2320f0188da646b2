package privilege

import (
	"os"
	"testing"

	"ctenv/internal/scratchroot"
	"ctenv/internal/wire"
)

func TestMain(m *testing.M) { os.Exit(scratchroot.Main(m)) }

var user = wire.User{Name: "bob", UID: 4242, GID: 4343, Group: "staff", Home: "/home/bob"}

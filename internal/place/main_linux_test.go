package place

import (
	"os"
	"testing"

	"ctenv/internal/scratchroot"
)

func TestMain(m *testing.M) { os.Exit(scratchroot.Main(m)) }

var user, users = scratchroot.User, scratchroot.Users

package account

import (
	"os"
	"testing"

	"ctenv/internal/scratchroot"
)

func TestMain(m *testing.M) { os.Exit(scratchroot.Main(m)) }

var user = scratchroot.User

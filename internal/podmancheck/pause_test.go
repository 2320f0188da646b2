package podmancheck

import "testing"

// TestPauseProcess: podman's words for a pause process that is gone, and not those for
// other things that the same command mends.
func TestPauseProcess(t *testing.T) {
	for said, want := range map[string]bool{
		`invalid internal status, try resetting the pause process with "podman system migrate": could not find any running process: no such process`:                                                                                    true,
		`level=error msg="invalid internal status, try resetting the pause process with \"/usr/bin/podman system migrate\": cannot re-exec process to join"`:                                                                            true,
		`Error: fatal error, invalid internal status, unable to create a new pause process: cannot re-exec process to join the existing user namespace. Try running "podman system migrate" and if that doesn't work reboot to recover`: true,
		`potentially insufficient UIDs or GIDs available in user namespace: Check /etc/subuid and /etc/subgid if configured locally and run "podman system migrate": invalid`:                                                           false,
		"": false,
	} {
		if got := PauseProcess(said); (got.Problem != "") != want || (got.Remedy != "") != want {
			t.Errorf("%q: %+v", said, got)
		}
	}
}

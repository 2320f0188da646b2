//go:build !linux

package initbin

// executable: nobody's engine mounts from a runtime directory here.
func executable(string) bool { return false }

//go:build !linux

package initbin

// Executable: nobody's engine mounts from a runtime directory here.
func Executable(string) bool { return false }

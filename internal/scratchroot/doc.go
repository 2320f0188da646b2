// Package scratchroot gives tests that change owners, mount and delete as root a
// root file system of their own. Such a test goes wrong exactly when the code goes
// wrong that keeps root inside a directory, and then nothing of the machine may be in
// reach. Only tests import it.
package scratchroot

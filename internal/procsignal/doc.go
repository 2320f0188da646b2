// Package procsignal sends signals to a command and to its process group: as a terminal does,
// each process once, and also where root has no CAP_KILL.
package procsignal

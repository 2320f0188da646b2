package handover

import (
	"crypto/rand"
	"encoding/hex"
)

// NewWord makes a random word that nobody can guess; tests have one of their own.
var NewWord = func() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// Package keystore adds certificates to what Java trusts.
package keystore

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"unicode/utf16"
)

// A key store of Java's old format, which every version of Java reads whatever its own is
// (sun.security.provider.JavaKeyStore): a magic number, the version and the number of
// entries, each of 4 bytes; the entries; and a SHA-1 over a password, a salt and all of it.
const (
	keyStoreMagic  = 0xfeedfeed
	keyStoreSalt   = "Mighty Aphrodite"
	keyStoreHeader = 12
	// keyStorePassword is the one that every Java comes with. It keeps no secret.
	keyStorePassword = "changeit"
	trustedEntry     = 2
)

// Add gives a key store with certificates, in DER, beside its own. One of another format
// becomes one of this format, with its own where they can be read, else with known, which
// the image trusts otherwise.
func Add(store []byte, ours, known [][]byte) ([]byte, error) {
	if own := bags(store); len(own) > 0 {
		known = own
	}
	var out bytes.Buffer
	count := 0
	switch {
	case len(store) > keyStoreHeader+sha1.Size && binary.BigEndian.Uint32(store) == keyStoreMagic && binary.BigEndian.Uint32(store[4:]) == 2:
		count = int(binary.BigEndian.Uint32(store[8:]))
		out.Write(store[:len(store)-sha1.Size])
	case len(known) == 0:
		return nil, errors.New("its format is not known, and the image has no other list of what it trusts")
	default:
		out.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(nil, keyStoreMagic<<32|2), 0))
		ours = append(known, ours...)
	}
	for _, der := range ours {
		name := sha1.Sum(der) // no two have the same
		out.Write(trusted(fmt.Sprintf("ctenv-%x", name), der))
	}
	data := out.Bytes()
	binary.BigEndian.PutUint32(data[8:], uint32(count+len(ours)))
	sum := sha1.New()
	for _, unit := range utf16.Encode([]rune(keyStorePassword)) {
		sum.Write(binary.BigEndian.AppendUint16(nil, unit))
	}
	sum.Write([]byte(keyStoreSalt))
	sum.Write(data)
	return sum.Sum(data), nil
}

// certBag comes before a certificate in PKCS #12 (RFC 7292, 4.2.3, in DER), the format of
// newer Javas. The store that they come with is not encrypted from 18 on.
var certBag = []byte{0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01}

// bags are the certificates of a PKCS #12 store that are not encrypted.
func bags(store []byte) (all [][]byte) {
	for left := len(store); ; {
		_, rest, found := bytes.Cut(store, certBag)
		if !found {
			return all
		}
		der := content(content(rest, 0xa0), 0x04)
		if left -= len(der); left < 0 {
			return nil // they lie in each other: together they would be larger than all memory
		}
		if len(der) > 0 {
			all = append(all, der)
		}
		store = rest
	}
}

// content is that of the element in DER that data begins with, nil where it has another tag
// or is cut off.
func content(data []byte, tag byte) []byte {
	if len(data) < 2 || data[0] != tag {
		return nil
	}
	n, rest := int(data[1]), data[2:]
	if more := n - 0x80; more >= 0 { // so many bytes hold the length
		if more > 3 || more > len(rest) {
			return nil
		}
		n = 0
		for _, b := range rest[:more] {
			n = n<<8 | int(b)
		}
		rest = rest[more:]
	}
	if n > len(rest) {
		return nil
	}
	return rest[:n]
}

// trusted is one entry: kind, alias, time in milliseconds, kind of certificate, and the
// certificate with its length.
func trusted(alias string, der []byte) []byte {
	entry := binary.BigEndian.AppendUint32(nil, trustedEntry)
	text := func(s string) { entry = append(binary.BigEndian.AppendUint16(entry, uint16(len(s))), s...) }
	text(alias)
	entry = binary.BigEndian.AppendUint64(entry, 0)
	text("X.509")
	return append(binary.BigEndian.AppendUint32(entry, uint32(len(der))), der...)
}

// DER are the certificates of a PEM file.
func DER(text []byte) (all [][]byte) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return all
		}
		if block.Type == "CERTIFICATE" {
			all = append(all, block.Bytes)
		}
		text = rest
	}
}

package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"
)

// certificate is a new one, in DER.
func certificate(t *testing.T, name string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestKeyStore makes a key store of another format, and adds to it. That Java takes it was
// seen with 17 and 25, by a request over TLS.
func TestKeyStore(t *testing.T) {
	root, corp, more := certificate(t, "root"), certificate(t, "corp"), certificate(t, "more")
	if _, err := Add([]byte("0\x82 of another format"), [][]byte{corp}, nil); err == nil {
		t.Error("what the store held is lost")
	}
	store, err := Add([]byte("0\x82 of another format"), [][]byte{corp}, [][]byte{root})
	if err != nil {
		t.Fatal(err)
	}
	if store, err = Add(store, [][]byte{more}, nil); err != nil {
		t.Fatal(err)
	}
	for _, der := range [][]byte{root, corp, more} {
		if !bytes.Contains(store, der) {
			t.Error("a certificate is missing")
		}
	}
	if n := binary.BigEndian.Uint32(store[8:]); n != 3 {
		t.Errorf("it says that it has %d certificates", n)
	}
}

// bag is a certificate as PKCS #12 has it where nothing is encrypted.
func bag(t *testing.T, der []byte) []byte {
	t.Helper()
	data, err := asn1.Marshal(struct {
		Kind asn1.ObjectIdentifier
		Data []byte `asn1:"tag:0,explicit"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}, der})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestPKCS12: what a store of Java's newer format trusts, and the image does not otherwise, stays
// trusted. A damaged one is one that nobody can read.
func TestPKCS12(t *testing.T) {
	root, corp, imported, more := certificate(t, "root"), certificate(t, "corp"), certificate(t, "imported"), certificate(t, "more")
	p12 := slices.Concat([]byte("0\x82\x10\x00"), bag(t, imported), []byte("name"), bag(t, more))
	for _, known := range [][][]byte{nil, {root}} {
		store, err := Add(p12, [][]byte{corp}, known)
		if err != nil {
			t.Fatal(err)
		}
		for _, der := range [][]byte{imported, more, corp} {
			if !bytes.Contains(store, trusted(fmt.Sprintf("ctenv-%x", sha1.Sum(der)), der)) {
				t.Error("a certificate is missing")
			}
		}
		if n := binary.BigEndian.Uint32(store[8:]); n != 3 {
			t.Errorf("it says that it has %d certificates", n)
		}
	}
	// Each says that it holds what follows.
	nested := bytes.Repeat([]byte("\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01\xa0\x82\x7f\x04\x04\x82\x7f\x00"), 4000)
	if got := bags(nested); got != nil {
		t.Errorf("%d certificates lie in each other", len(got))
	}
	whole := bag(t, imported)
	for n := range whole {
		if _, err := Add(slices.Concat([]byte("0\x82\x10\x00"), whole[:n]), [][]byte{corp}, nil); err == nil {
			t.Errorf("the first %d bytes are a store", n)
		}
	}
}

// TestDER: what is no certificate is left out.
func TestDER(t *testing.T) {
	a, b := certificate(t, "a"), certificate(t, "b")
	text := append([]byte("# a comment\n"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a})...)
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "TRUSTED CERTIFICATE", Bytes: a})...)
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b})...)
	if got := DER(text); len(got) != 2 || !bytes.Equal(got[0], a) || !bytes.Equal(got[1], b) {
		t.Errorf("%d certificates", len(got))
	}
}

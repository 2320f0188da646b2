// Package initbin holds the static ctenv-init programs and puts the one that an
// engine needs where the engine can mount it from.
package initbin

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ctenv/internal/host"
	"ctenv/internal/procid"
)

const (
	programPrefix = "ctenv-init-"
	embeddedName  = "bin/ctenv-init-linux-" // and an architecture
	hashSuffix    = ".sha256"
	tempPrefix    = ".ctenv-init-"
)

//go:embed bin
var embedded embed.FS

// Program is one embedded ctenv-init.
type Program struct {
	Path string // on this machine, under its content's hash
	name string // in embedded
	uid  int    // the caller's
}

// Find gives the program for an architecture (GOARCH's names) and where below
// cacheDir it belongs. It changes nothing.
func Find(cacheDir, arch string) (Program, error) {
	name := embeddedName + arch
	sum, err := embedded.ReadFile(name + hashSuffix)
	if err != nil {
		return Program{}, fmt.Errorf("this ctenv was built without a ctenv-init for linux/%s; build it with: make build", arch)
	}
	hash := strings.TrimSpace(string(sum))
	return Program{Path: filepath.Join(cacheDir, programPrefix+hash), name: name, uid: os.Getuid()}, nil
}

// Hashes gives the SHA-256 of each embedded program, in hexadecimal, by its
// architecture.
func Hashes() map[string]string {
	names, _ := fs.Glob(embedded, embeddedName+"*"+hashSuffix) // never fails: the pattern is right
	hashes := map[string]string{}
	for _, name := range names {
		sum, _ := embedded.ReadFile(name) // it is there
		arch := strings.TrimSuffix(strings.TrimPrefix(name, embeddedName), hashSuffix)
		hashes[arch] = strings.TrimSpace(string(sum))
	}
	return hashes
}

// Bytes gives the program for an architecture itself, for an engine that sees no
// file of this machine.
func Bytes(arch string) ([]byte, error) {
	p, err := Find("", arch)
	if err != nil {
		return nil, err
	}
	return embedded.ReadFile(p.name)
}

// Install makes sure that p.Path holds the embedded bytes, and nothing else: it
// runs as root in containers, and a container that had the cache mounted may
// have written there. It is compared whole at every run, and replaced in one
// step where it differs, so that a run at the same time finds it complete. A new
// one takes the place of those that have not been used for long.
func (p Program) Install() error {
	if p.upToDate() && own(filepath.Dir(p.Path), p.uid) == nil {
		p.used()
		return nil
	}
	dir := filepath.Dir(p.Path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := own(dir, p.uid); err != nil {
		return err
	}
	src, err := embedded.Open(p.name)
	if err != nil {
		return err
	}
	defer src.Close()
	tmp, err := os.CreateTemp(dir, tempName(procid.Self())+"*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if _, err := io.Copy(tmp, src); err != nil {
		return err
	}
	if err := tmp.Chmod(0o555); err != nil {
		return err
	}
	// Closed before it gets its name: a file open for writing cannot be exec'd.
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), p.Path); err != nil {
		return err
	}
	if !p.upToDate() {
		return fmt.Errorf("%q does not hold what was just written to it", p.Path)
	}
	sweep(dir, p.uid)
	return nil
}

// tempName begins the name of a file that a process writes, which has a name of its own.
func tempName(process string) string { return tempPrefix + process + "." }

// upToDate says whether p.Path is a plain file with the owner, the mode and the bytes
// that Install gives it.
func (p Program) upToDate() bool {
	info, err := os.Lstat(p.Path)
	return err == nil && info.Mode() == 0o555 && host.Owner(info) == p.uid && p.holds()
}

// holds compares the bytes.
func (p Program) holds() bool {
	have, err := os.Open(p.Path)
	if err != nil {
		return false
	}
	defer have.Close()
	want, err := embedded.Open(p.name)
	if err != nil {
		return false
	}
	defer want.Close()
	return sameBytes(have, want)
}

func sameBytes(a, b io.Reader) bool {
	bufA, bufB := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		n, errA := io.ReadFull(a, bufA)
		m, errB := io.ReadFull(b, bufB)
		if n != m || !bytes.Equal(bufA[:n], bufB[:m]) {
			return false
		}
		if errA != nil || errB != nil {
			return ended(errA) && ended(errB)
		}
	}
}

func ended(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

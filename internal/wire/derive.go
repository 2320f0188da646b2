package wire

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DeriveArg has ctenv-init prepare the container that it is in for an image to be made
// of it: what it is to do comes as a Derivation on stdin. An environment or arguments
// would be in the image, too.
const DeriveArg = "derive-image"

// DeriveVersion is raised when ctenv-init makes something else of the same wishes, so
// that images of before are not used.
const DeriveVersion = 1

// DerivedNothing is the exit status where all that is wanted is in the image already.
const DerivedNothing = 64

// DerivedAbandoned is the exit status where the client has gone.
const DerivedAbandoned = 65

// Derivation is the document on stdin, one line. What comes after it is the end of its
// sender, which is the end of the work too.
type Derivation struct {
	Version int     `json:"version"`
	Install Install `json:"install"`
	// Proxies are variables, "NAME=value", for programs that fetch something.
	Proxies   []Text `json:"proxies,omitempty"`
	Verbosity int    `json:"verbosity,omitempty"`
}

// Install is what belongs into the image, whoever uses it.
type Install struct {
	Sudo     bool      `json:"sudo,omitempty"`
	Packages []Package `json:"packages,omitempty"`
	// Commands run as root; CommandsJoined are those that run as one text.
	Commands       []Text   `json:"commands,omitempty"`
	CommandsJoined []Joined `json:"commands_joined,omitempty"`
	Shell          Text     `json:"shell,omitempty"` // for Commands, as in Request
}

// Package is for one package manager, by its family's name, or for whichever there is.
type Package struct {
	Manager string `json:"manager,omitempty"`
	Name    Text   `json:"name"`
}

// EncodeDerivation checks d and gives it as it is sent: one line of JSON.
func EncodeDerivation(d Derivation) ([]byte, error) {
	d.Version = Version
	if err := d.validate(); err != nil {
		return nil, err
	}
	doc, err := json.Marshal(d)
	if err == nil && len(doc) > maxSize {
		err = fmt.Errorf("the request to the container takes %d bytes; the limit is %d", len(doc), maxSize)
	}
	return append(doc, '\n'), err
}

// ReadDerivation reads the first line of r, and it does not wait for what follows.
func ReadDerivation(r io.Reader) (Derivation, error) {
	var d Derivation
	doc, err := readLine(r)
	if err != nil {
		return d, err
	}
	if err := Strict(doc, &d); err != nil {
		return d, err
	}
	return d, d.validate()
}

// readLine reads up to a line end, which is not in what it returns.
func readLine(r io.Reader) ([]byte, error) {
	lines := bufio.NewReader(io.LimitReader(r, maxSize+1))
	doc, err := lines.ReadBytes('\n')
	switch {
	case err == io.EOF && len(doc) > maxSize:
		return nil, fmt.Errorf("it takes more than %d bytes", maxSize)
	case err == io.EOF:
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	return doc[:len(doc)-1], nil
}

func (d *Derivation) validate() error {
	if d.Version != Version {
		return fmt.Errorf("version %d, this ctenv-init reads %d", d.Version, Version)
	}
	for _, kv := range d.Proxies {
		if name, _, ok := strings.Cut(string(kv), "="); !ok || name == "" || strings.ContainsRune(string(kv), 0) {
			return errors.New("a proxy is no variable")
		}
	}
	return d.Install.validate()
}

func (i *Install) validate() error {
	for _, p := range i.Packages {
		if err := ValidPackage(string(p.Name)); err != nil {
			return fmt.Errorf("package %q: %w", p.Name, err)
		}
	}
	for _, t := range append([]Text{i.Shell}, i.Commands...) {
		if strings.ContainsRune(string(t), 0) {
			return fmt.Errorf("%q holds a NUL byte", t)
		}
	}
	return validJoined(i.CommandsJoined, len(i.Commands))
}

// ValidPackage refuses what a package manager would not take for one package's name.
func ValidPackage(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case strings.HasPrefix(name, "-"):
		return errors.New("a package manager takes it for an option")
	case strings.ContainsAny(name, " \t\r\n\x00"):
		return errors.New("it holds a space; each package is an item of its own")
	}
	return nil
}

package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/distribution/reference"

	"ctenv/internal/runargs"
	"ctenv/internal/wire"
)

// DerivationPrefix begins the names of containers that images are derived in.
const DerivationPrefix = "ctenv-derive-"

// DerivedRepository is the name of all images that ctenv derives. No registry can have
// such a host (RFC 2606), so that nothing is ever pulled under that name, not by a build
// that starts from it either; and no build may have it.
const DerivedRepository = "ctenv.invalid/derived"

// Derivation is an image made of another one, with what every user of it wants.
type Derivation struct {
	From     string // the other one's name
	Platform string // "os/arch[/variant]", or "" for the engine's own
	Install  wire.Install
	// Proxies are for programs that fetch something, the later over the earlier. They are
	// not in the image.
	Proxies []wire.Text `json:"-"`
	// Foreign are those of them that a project's file has written: what came through them is
	// for the projects that say the same.
	Foreign []wire.Text `json:"-"`
	// Network and Limits are what the caller's [limits] say of what runs there: "none", or "".
	Network   string        `json:"-"`
	Limits    []runargs.Arg `json:"-"`
	Verbosity int           `json:"-"`
}

// Recipe identifies what is done to an image, whichever it is.
func (d Derivation) Recipe() string {
	doc, err := json.Marshal(struct {
		Version  int
		Platform string
		Install  wire.Install
		Foreign  []wire.Text `json:",omitempty"`
	}{wire.DeriveVersion, d.Platform, d.Install, d.Foreign})
	if err != nil {
		return "" // it holds nothing that JSON has no word for
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:12])
}

// Tag is the tag of the image that is made of the one with the id base.
func (d Derivation) Tag(base string) string {
	sum := sha256.Sum256([]byte(base))
	return d.Recipe() + "-" + hex.EncodeToString(sum[:12])
}

// Name is the image's whole name.
func (d Derivation) Name(base string) string { return DerivedRepository + ":" + d.Tag(base) }

// What says in a few words what is put into the image.
func (d Derivation) What() string {
	var what []string
	if d.Install.Sudo {
		what = append(what, "sudo")
	}
	for _, p := range d.Install.Packages {
		if !slices.Contains(what, string(p.Name)) {
			what = append(what, string(p.Name))
		}
	}
	switch n := len(d.Install.Commands); {
	case n == 1:
		what = append(what, "1 image command")
	case n > 1:
		what = append(what, fmt.Sprintf("%d image commands", n))
	}
	return strings.Join(what, ", ")
}

// Announcement says which image a run starts from. Its tag ends in a hash of the id
// of the image that it is made of, which the engine knows.
func (d Derivation) Announcement() string {
	return fmt.Sprintf("a run starts from an image made once of %s with %s: %s:%s-…", d.From, d.What(), DerivedRepository, d.Recipe())
}

// IsDerivedName says that a name of an image is one that only ctenv gives.
func IsDerivedName(name string) bool {
	ref, err := reference.ParseNormalizedNamed(name)
	return err == nil && ref.Name() == DerivedRepository
}

// IsProxy says that a variable tells a program by which proxy to fetch something.
func IsProxy(name string) bool {
	return slices.Contains([]string{"http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"}, strings.ToLower(name))
}

// Order is what ctenv-init is told to do in the container that the image is made in.
func (d *Derivation) Order() wire.Derivation {
	return wire.Derivation{Install: d.Install, Proxies: d.Proxies, Verbosity: d.Verbosity}
}

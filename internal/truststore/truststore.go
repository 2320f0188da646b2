//go:build linux

// Package truststore adds certificates to those that programs of the container trust.
package truststore

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/keystore"
	"ctenv/internal/message"
	"ctenv/internal/saferoot"
	"ctenv/internal/wire"
)

// bundles are where the programs of an image find all certificates that they trust. Other
// names of them are symlinks.
var bundles = []string{
	defaultBundle, // Debian, Alpine, distroless
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
	"/etc/pki/tls/certs/ca-bundle.crt",                  // older ones
	"/etc/ca-certificates/extracted/tls-ca-bundle.pem",  // Arch
	"/var/lib/ca-certificates/ca-bundle.pem",            // openSUSE
	"/etc/ssl/cert.pem",
}

// defaultBundle is where Go's and most other programs look first.
const defaultBundle = "/etc/ssl/certs/ca-certificates.crt"

// anchors are directories from which update-ca-trust(8) and update-ca-certificates(8)
// make the bundles anew. The last is made where there is none.
var anchors = []string{"/etc/pki/ca-trust/source/anchors", "/etc/ca-certificates/trust-source/anchors", "/usr/local/share/ca-certificates"}

// bundleVariables name a file in the place of what a program trusts otherwise, for
// programs that come with certificates of their own or look into a directory alone.
var bundleVariables = []string{"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "CARGO_HTTP_CAINFO"}

// shared is where a file can be made in a container with a read-only root. Nobody but
// root has run yet.
const shared = "/dev/shm"

// adder adds certificates to a container.
type adder struct {
	root *saferoot.Root
	req  *wire.Request
	env  environ.Vars
	msg  message.Writer
}

// Add has the container at r trust the certificates of a request, beside its own, and says
// where they are: in the bundles that programs read, in Java's, and by variables, with
// which it returns env. Of what cannot be written it warns.
func Add(r *saferoot.Root, req *wire.Request, env environ.Vars, msg message.Writer) (after environ.Vars, did string) {
	in := &adder{r, req, env, msg}
	did = in.add([]byte(req.Certificates))
	return in.env, did
}

func (in *adder) add(ours []byte) (did string) {
	whole, known, done := in.addToBundles(ours)
	if whole == "" {
		whole = in.place(known, ours, defaultBundle, shared+"/ctenv-certificates.pem")
	}
	var own []string
	for _, dir := range anchors {
		if fd, err := saferoot.OpenIn(in.root.FD, dir[1:], unix.O_PATH|unix.O_DIRECTORY, 0); err == nil {
			unix.Close(fd)
			own = append(own, dir+"/ctenv.crt")
		}
	}
	own = append(own, anchors[len(anchors)-1]+"/ctenv.crt", shared+"/ctenv-own-certificates.pem")
	extra := in.place(nil, ours, own...)
	if whole == "" || extra == "" {
		in.msg.Warn("ca_certificates: no place in the container can be written to, so they are not trusted")
		return ""
	}
	for _, name := range bundleVariables {
		// One that the configuration names itself stays; the image's has been added to.
		value, set := in.env.Lookup(name)
		if !set || name == "SSL_CERT_FILE" && !slices.Contains(in.req.Keep, name) && value != whole && len(known) > 0 {
			in.env = in.env.With(name, whole)
		}
	}
	if in.env.Get("NODE_EXTRA_CA_CERTS") == "" {
		in.env = in.env.With("NODE_EXTRA_CA_CERTS", extra)
	}
	done = append(done, in.addToKeyStores(ours, known)...)
	return fmt.Sprintf("%s and %s, beside %s", whole, extra, strings.Join(done, ", "))
}

// addToBundles appends certificates to each bundle of the image's. whole is the first of
// those that have them, known what the image itself trusts.
func (in *adder) addToBundles(ours []byte) (whole string, known []byte, done []string) {
	names := bundles
	if own := in.env.Get("SSL_CERT_FILE"); path.IsAbs(own) {
		names = append([]string{path.Clean(own)}, bundles...)
	}
	for _, name := range names {
		f, err := in.root.Read(name)
		if err != nil {
			if f, err := in.root.ReadLinked(name); err == nil { // what it leads to is another name
				if known == nil && f.Exists {
					known = f.Data
				}
				f.Close()
			}
			continue
		}
		if known == nil && f.Exists {
			known = f.Data
		}
		if f.Exists && (bytes.Contains(f.Data, ours) || in.root.Write(f, joined(f.Data, ours), 0o644) == nil) {
			done = append(done, name)
			if whole == "" {
				whole = name
			}
		}
		f.Close()
	}
	return whole, known, done
}

func joined(known, ours []byte) []byte {
	if len(known) > 0 && known[len(known)-1] != '\n' {
		known = append(bytes.Clone(known), '\n')
	}
	return append(bytes.Clone(known), ours...)
}

// place writes certificates to the first of the files that can be made, and returns its
// name, "" where none can.
func (in *adder) place(known, ours []byte, files ...string) string {
	for _, name := range files {
		r := in.root
		inShared := strings.HasPrefix(name, shared+"/")
		if inShared {
			r = in.ownShared()
		}
		if r == nil || in.makeOwn(path.Dir(name)) != nil {
			continue
		}
		f, err := r.Read(name)
		if err != nil {
			continue
		}
		if inShared {
			f.Exists = false // whoever made one there, the new one is root's
		}
		err = r.Write(f, joined(known, ours), 0o644)
		f.Close()
		if err == nil {
			return name
		}
	}
	return ""
}

// ownShared is the container's own memory at shared, nil where it may be another's.
func (in *adder) ownShared() *saferoot.Root {
	ipc, err := os.Readlink("/proc/thread-self/ns/ipc")
	if in.req.OtherIPC || in.req.OtherVolumes || err != nil || ipc == hostIPC {
		return nil
	}
	return in.root.At(shared)
}

// hostIPC is the first IPC namespace of a kernel, whose inode is always the same
// (PROC_IPC_INIT_INO, include/linux/proc_ns.h).
const hostIPC = "ipc:[4026531839]"

// makeOwn makes a directory of the container's own, as root's, where it is missing.
func (in *adder) makeOwn(dir string) error {
	fd, err := in.root.Walk(dir, in.req.User.UID, func(above int, name string) error {
		if !in.root.Owns(above) {
			return saferoot.ErrForeign
		}
		return unix.Mkdirat(above, name, 0o755)
	})
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// addToKeyStores adds certificates to those that Java trusts, which it keeps in a format
// of its own.
func (in *adder) addToKeyStores(ours, known []byte) (done []string) {
	stores := []string{"/etc/ssl/certs/java/cacerts", "/etc/pki/ca-trust/extracted/java/cacerts", "/var/lib/ca-certificates/java-cacerts"}
	if home := in.env.Get("JAVA_HOME"); path.IsAbs(home) {
		stores = append(stores, path.Join(home, "lib/security/cacerts"), path.Join(home, "jre/lib/security/cacerts"))
	}
	for _, name := range stores {
		f, err := in.root.Read(name)
		if err != nil {
			continue // a symlink leads to another one of them
		}
		if f.Exists {
			data, err := keystore.Add(f.Data, keystore.DER(ours), keystore.DER(known))
			if err == nil {
				err = in.root.Write(f, data, 0o644)
			}
			if err == nil {
				done = append(done, name)
			} else {
				in.msg.Warn("ca_certificates: Java will not trust them: %q: %v", name, err)
			}
		}
		f.Close()
	}
	return done
}

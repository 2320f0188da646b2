package truststore

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/message"
	"ctenv/internal/mounts"
	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

// TestPlaceShared: nothing is written to a /dev/shm that may be the host's or another
// container's, and what is written to the container's own is root's.
func TestPlaceShared(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	const name = shared + "/ctenv-certificates.pem"
	for label, c := range map[string]struct {
		req   func(dir string) wire.Request
		stays bool // in the IPC namespace of the host
		want  string
	}{
		"its own":      {func(string) wire.Request { return wire.Request{} }, false, name},
		"the caller's": {func(dir string) wire.Request { return wire.Request{Mounts: []wire.Text{wire.Text(dir + "/link")}} }, false, ""},
		"another's":    {func(string) wire.Request { return wire.Request{OtherIPC: true} }, false, ""},
		"volumes-from": {func(string) wire.Request { return wire.Request{OtherVolumes: true} }, false, ""},
		"the host's":   {func(string) wire.Request { return wire.Request{} }, true, ""},
		"other mounts": {func(dir string) wire.Request { return wire.Request{Mounts: []wire.Text{wire.Text(dir + "/etc")}} }, false, name},
		"a mount above": {func(dir string) wire.Request {
			return wire.Request{Mounts: []wire.Text{wire.Text(dir + "/dev/shm/..")}}
		}, false, name},
	} {
		t.Run(label, func(t *testing.T) {
			runtime.LockOSThread() // and never unlocked: the thread ends with the test
			if !c.stays {
				if err := unix.Unshare(unix.CLONE_NEWIPC); err != nil {
					t.Fatal(err)
				}
			} else if ipc, err := os.Readlink("/proc/thread-self/ns/ipc"); err != nil || ipc != hostIPC {
				t.Skipf("this is not the first IPC namespace: %q, %v", ipc, err)
			}
			dir := t.TempDir()
			testfiles.Put(t, dir, map[string]string{"dev/shm/x": "", "etc/x": ""})
			scratchroot.Mount(t, "tmpfs", dir+shared, "tmpfs", 0)
			testfiles.Put(t, dir, map[string]string{name: "a stranger's"})
			if err := os.Chown(dir+name, 1234, 1234); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("dev/shm", dir+"/link"); err != nil {
				t.Fatal(err)
			}
			root, err := saferoot.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(root.FD)
			req := c.req(dir)
			root.Callers = mounts.Look(&req).IDs
			in := &adder{req: &req, root: root}
			if got := in.place(nil, []byte("ours"), name); got != c.want {
				t.Errorf("placed at %q, want %q", got, c.want)
			}
			text, uid := "a stranger's", uint32(1234)
			if c.want != "" {
				text, uid = "ours", 0
			}
			var st unix.Stat_t
			if err := unix.Stat(dir+name, &st); err != nil || st.Uid != uid {
				t.Errorf("it is %d's, %v, want %d's", st.Uid, err, uid)
			}
			if got, err := os.ReadFile(dir + name); err != nil || string(got) != text {
				t.Errorf("it holds %q, %v, want %q", got, err, text)
			}
		})
	}
}

// TestAdd: a file that the configuration names as what is trusted stays named, one that the
// image names and that cannot be added to does not. Java's are added to where SUSE has them.
func TestAdd(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	const bundle, store = "/etc/ssl/certs/ca-certificates.crt", "/var/lib/ca-certificates/java-cacerts"
	const pem = "-----BEGIN CERTIFICATE-----\nb3Vycw==\n-----END CERTIFICATE-----\n"
	for want, keep := range map[string][]string{bundle: nil, "/mounted/mine.pem": {"SSL_CERT_FILE"}} {
		dir := t.TempDir()
		testfiles.Put(t, dir, map[string]string{bundle: pem, store: "of another format"})
		root, err := saferoot.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		env, _ := Add(root, &wire.Request{Certificates: wire.Text(pem), Keep: keep}, environ.Vars{"SSL_CERT_FILE=/mounted/mine.pem"}, message.Writer{})
		unix.Close(root.FD)
		if got := env.Get("SSL_CERT_FILE"); got != want {
			t.Errorf("keeping %q: SSL_CERT_FILE is %q", keep, got)
		}
		if got := env.Get("CURL_CA_BUNDLE"); got != bundle {
			t.Errorf("CURL_CA_BUNDLE is %q", got)
		}
		if got, err := os.ReadFile(dir + store); err != nil || !strings.HasPrefix(string(got), "\xfe\xed\xfe\xed") {
			t.Errorf("Java's are %q, %v", got, err)
		}
	}
}

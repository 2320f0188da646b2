package packager

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/environ"
	"ctenv/internal/message"
	"ctenv/internal/saferoot"
	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
	"ctenv/internal/wire"
)

// TestInstallSudo checks the command lines of microdnf and apk, and that the first
// manager is taken. Neither program can be had on Debian, so they are no more than
// scripts that note how they are called; the other managers run for real in the
// end-to-end tests.
func TestInstall(t *testing.T) {
	if !scratchroot.InNamespace(t) {
		return
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal("this test needs busybox on PATH: apt-get install busybox-static")
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		managers []string
		asked    string
	}{
		{[]string{"microdnf", "yum", "apk", "zypper", "pacman"}, "microdnf -y install sudo git gcc make\n"},
		{[]string{"apk", "zypper", "pacman"}, "apk -q --no-cache add sudo git gcc-apk\n"},
	} {
		t.Run(tc.managers[0], func(t *testing.T) {
			dir := scratchroot.TempDir(t)
			r, err := saferoot.OpenRoot(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(r.FD)
			testfiles.Put(t, dir, map[string]string{"bin/busybox": string(program)})
			if err := os.Chmod(dir+"/bin/busybox", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("busybox", dir+"/bin/sh"); err != nil {
				t.Fatal(err)
			}
			testfiles.Put(t, dir, map[string]string{"dev/null": ""})
			for _, name := range tc.managers {
				testfiles.Put(t, dir, map[string]string{"sbin/" + name: "#!/bin/sh\necho \"${0##*/} $*\" >>/asked\n"})
				if err := os.Chmod(dir+"/sbin/"+name, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			var said strings.Builder
			packages := []wire.Package{{Name: "git"}, {Manager: "dnf", Name: "gcc"}, {Manager: "dnf", Name: "git"},
				{Manager: "microdnf", Name: "make"}, {Manager: "apk", Name: "gcc-apk"}, {Manager: "apt", Name: "build-essential"}}
			var did string
			inRoot(t, dir, func() { did, err = Install(r, []string{"sudo"}, packages, nil, message.Writer{Out: &said}) })
			if err != nil || !strings.HasSuffix(did, " by "+tc.managers[0]) || !strings.HasPrefix(said.String(), "[ctenv] installing sudo, git, ") {
				t.Fatalf("%q, %v, said %q", did, err, said.String())
			}
			if got, err := os.ReadFile(dir + "/asked"); err != nil || string(got) != tc.asked {
				t.Errorf("called as %q, %v, not %q", got, err, tc.asked)
			}
		})
	}
}

// inRoot does something with dir as the root file system of this process.
func inRoot(t *testing.T, dir string, do func()) {
	t.Helper()
	old, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := unix.Chroot(dir); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := old.Chdir(); err != nil {
			t.Fatal(err)
		}
		if err := unix.Chroot("."); err != nil {
			t.Fatal(err)
		}
	}()
	do()
}

func TestInstallWith(t *testing.T) {
	sh := func(text string) []string { return []string{"sh", "-c", text} }
	for _, tc := range []struct {
		name             string
		install, refresh []string
		output, err      string
	}{
		{"at once", sh("echo done"), sh("echo refreshed"), "done\n", ""},
		{"after a refresh", sh("cd $DIR; [ -e lists ] || { echo no lists; exit 1; }; echo done"), sh("touch $DIR/lists; echo refreshed; exit 1"), "refreshed\ndone\n", ""},
		{"not even then", sh("echo no sudo; exit 100"), sh("echo no network"), "no network\nno sudo\n", "exit status 100"},
		{"no refresh", sh("echo no sudo; exit 3"), nil, "no sudo\n", "exit status 3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := packageManager{install: tc.install, refresh: tc.refresh}
			output, err := m.installWith("/bin/sh", nil, []string{"PATH=" + environ.DefaultPath, "DIR=" + t.TempDir()})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if string(output) != tc.output || got != tc.err {
				t.Errorf("%q, %v", output, err)
			}
		})
	}
}

func TestLeadsOut(t *testing.T) {
	const (
		titles = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
		lo6    = "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
	)
	for _, tc := range []struct {
		name, route, route6 string
		want                bool
	}{
		{"no network", titles, lo6 + lo6, false},
		{"IPv6 is off", titles, "", false},
		{"a bridge", titles + "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n", lo6, true},
		{"IPv6 only", titles, strings.Replace(lo6, " lo\n", " eth0\n", 1) + lo6, true},
	} {
		if got := leadsOut(tc.route, tc.route6); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestPackageEnviron(t *testing.T) {
	got := packageEnviron(environ.Vars{"HOME=/home/bob", "PATH=/repo/bin", "https_proxy=http://p:1", "NO_PROXY=a,b", "LD_PRELOAD=/x.so"})
	for _, want := range []string{"HOME=/root", "PATH=" + environ.DefaultPath, "https_proxy=http://p:1", "NO_PROXY=a,b", "DEBIAN_FRONTEND=noninteractive"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if text := strings.Join(got, "\n"); strings.Contains(text, "LD_PRELOAD") || strings.Contains(text, "/repo") || strings.Contains(text, "bob") {
		t.Errorf("the user's own is in it: %q", got)
	}
}

func TestRunPackager(t *testing.T) {
	output, err := runPackager("/bin/sh", []string{"sh", "-c", "sleep 5 & pwd; echo oops >&2; exit 7"}, []string{"PATH=" + environ.DefaultPath})
	if string(output) != "/\noops\n" {
		t.Errorf("output %q", output)
	}
	if err == nil || err.Error() != "exit status 7" {
		t.Errorf("error %v", err)
	}
}

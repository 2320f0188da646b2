package setup

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAllowSudo(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	const rule = "#4242 ALL=(ALL:ALL) NOPASSWD: ALL\n"
	for _, tc := range []struct {
		name  string
		files map[string]string
		file  string
		want  string
	}{
		{"@includedir", map[string]string{"etc/sudoers": "root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n", "etc/sudoers.d/README": ""}, sudoersRule, rule},
		{"#includedir", map[string]string{"etc/sudoers": "#includedir /etc/sudoers.d", "etc/sudoers.d/README": ""}, sudoersRule, rule},
		{"below /usr/etc", map[string]string{"usr/etc/sudoers": "@includedir \"/etc/sudoers.d\"\n", "etc/sudoers.d/x": ""}, sudoersRule, rule},
		{"another rule is there", map[string]string{"etc/sudoers": "@includedir /etc/sudoers.d\n", sudoersRule: "old\n"}, sudoersRule, rule},
		{"no includedir", map[string]string{"etc/sudoers": "# no @includedir /etc/sudoers.d\nDefaults x"}, "/etc/sudoers", "# no @includedir /etc/sudoers.d\nDefaults x\n" + rule},
		{"a last line that goes on", map[string]string{"etc/sudoers": "Defaults x \\"}, "/etc/sudoers", "Defaults x \\\n\n" + rule},
		{"our line is part of another", map[string]string{"etc/sudoers": "Defaults x \\\n" + rule}, "/etc/sudoers", "Defaults x \\\n" + rule + rule},
		{"includedir without its folder", map[string]string{"etc/sudoers": "@includedir /etc/sudoers.d\n"}, "/etc/sudoers", "@includedir /etc/sudoers.d\n" + rule},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, r := tempRoot(t)
			put(t, dir, tc.files)
			file, err := allowSudo(r, user.UID)
			if err != nil || file != tc.file {
				t.Fatal(file, err)
			}
			if got := content(t, dir+file); got != tc.want {
				t.Errorf("%s is %q, not %q", file, got, tc.want)
			}
			fi, _ := os.Stat(dir + file)
			if file == sudoersRule && fi.Mode() != 0o440 {
				t.Errorf("mode %v", fi.Mode())
			}
			if _, err := allowSudo(r, user.UID); err != nil {
				t.Fatal(err)
			}
			again, _ := os.Stat(dir + file)
			if !os.SameFile(fi, again) {
				t.Error("a second run writes it again")
			}
		})
	}
	t.Run("a rule that sudo would refuse", func(t *testing.T) {
		dir, r := tempRoot(t)
		put(t, dir, map[string]string{"etc/sudoers": "@includedir /etc/sudoers.d\n", sudoersRule: rule})
		os.Chmod(dir+sudoersRule, 0o666)
		os.Chown(dir+sudoersRule, 77, 77)
		if _, err := allowSudo(r, user.UID); err != nil {
			t.Fatal(err)
		}
		if fi, _ := os.Stat(dir + sudoersRule); fi.Mode() != 0o440 || owner(t, dir+sudoersRule) != [2]int{0, 0} {
			t.Errorf("it is %v of %v", fi.Mode(), owner(t, dir+sudoersRule))
		}
	})
	t.Run("refused", func(t *testing.T) {
		for name, prepare := range map[string]func(dir string){
			"no sudoers": func(dir string) { put(t, dir, map[string]string{"etc/x": ""}) },
			"a symlink": func(dir string) {
				put(t, dir, map[string]string{"host": "host\n", "etc/sudoers": "@includedir /etc/sudoers.d\n", "etc/sudoers.d/x": ""})
				os.Symlink(dir+"/host", dir+sudoersRule)
			},
			"a mount": func(dir string) {
				put(t, dir, map[string]string{"hostd/x": "", "etc/sudoers": "@includedir /etc/sudoers.d\n", "etc/sudoers.d/x": ""})
				mount(t, dir+"/hostd", dir+"/etc/sudoers.d", "", unix.MS_BIND)
			},
		} {
			dir, r := tempRoot(t)
			prepare(dir)
			if file, err := allowSudo(r, user.UID); err == nil {
				t.Errorf("%s: no error, %s written", name, file)
			}
			if left, _ := os.ReadDir(dir + "/hostd"); len(left) > 1 {
				t.Errorf("%s: the host's folder holds %v", name, left)
			}
		}
	})
}

// TestInstallSudo checks the command lines of microdnf and apk, and that the first
// manager is taken. Neither program can be had on Debian, so they are no more than
// scripts that note how they are called; the other managers run for real in the
// end-to-end tests.
func TestInstallSudo(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatal("this test needs busybox on PATH: apt-get install busybox-static")
	}
	for _, tc := range []struct {
		managers []string
		asked    string
	}{
		{[]string{"microdnf", "yum", "apk", "zypper", "pacman"}, "microdnf -y install sudo\n"},
		{[]string{"apk", "zypper", "pacman"}, "apk -q --no-cache add sudo\n"},
	} {
		t.Run(tc.managers[0], func(t *testing.T) {
			dir, r := tempRoot(t)
			copyProgram(t, busybox, dir+"/bin/busybox")
			if err := os.Symlink("busybox", dir+"/bin/sh"); err != nil {
				t.Fatal(err)
			}
			put(t, dir, map[string]string{"dev/null": ""})
			for _, name := range tc.managers {
				put(t, dir, map[string]string{"sbin/" + name: "#!/bin/sh\necho \"${0##*/} $*\" >>/asked\n"})
				if err := os.Chmod(dir+"/sbin/"+name, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			var said strings.Builder
			in := &Init{msg: Messages{Out: &said}, root: r}
			var name string
			inRoot(t, dir, func() { name, err = in.installSudo() })
			if err != nil || name != tc.managers[0] || said.String() != "[ctenv] installing sudo with "+name+"\n" {
				t.Fatalf("%q, %v, said %q", name, err, said.String())
			}
			if got := content(t, dir+"/asked"); got != tc.asked {
				t.Errorf("called as %q, not %q", got, tc.asked)
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
			output, err := m.installWith("/bin/sh", []string{"PATH=" + defaultPath, "DIR=" + t.TempDir()})
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
	got := packageEnviron(Environ{"HOME=/home/bob", "PATH=/repo/bin", "https_proxy=http://p:1", "NO_PROXY=a,b", "LD_PRELOAD=/x.so"})
	for _, want := range []string{"HOME=/root", "PATH=" + defaultPath, "https_proxy=http://p:1", "NO_PROXY=a,b", "DEBIAN_FRONTEND=noninteractive"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if text := strings.Join(got, "\n"); strings.Contains(text, "LD_PRELOAD") || strings.Contains(text, "/repo") || strings.Contains(text, "bob") {
		t.Errorf("the user's own is in it: %q", got)
	}
}

func TestRunPackager(t *testing.T) {
	output, err := runPackager("/bin/sh", []string{"sh", "-c", "sleep 5 & pwd; echo oops >&2; exit 7"}, []string{"PATH=" + defaultPath})
	if string(output) != "/\noops\n" {
		t.Errorf("output %q", output)
	}
	if err == nil || err.Error() != "exit status 7" {
		t.Errorf("error %v", err)
	}
}

func FuzzSudoers(f *testing.F) {
	const rule = "#4242 ALL=(ALL:ALL) NOPASSWD: ALL"
	for _, s := range []string{"", rule, rule + "\n", rule + " x\n", "Defaults x \\", "Defaults x \\\n" + rule, "\\\n\n", "root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out := editSudoers(in, rule)
		othersUnchanged(t, in, out)
		lines := strings.Split(string(out), "\n")
		if !slices.ContainsFunc(lines, func(line string) bool { return line == rule }) {
			t.Fatalf("no rule in %q", out)
		}
		effective := false
		for i, line := range lines {
			effective = effective || line == rule && (i == 0 || !strings.HasSuffix(lines[i-1], `\`))
		}
		if !effective {
			t.Fatalf("the rule goes on from the line before in %q", out)
		}
		if again := editSudoers(out, rule); string(again) != string(out) {
			t.Fatalf("a second run changes\n%q\nto\n%q", out, again)
		}
	})
}

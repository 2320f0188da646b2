package setup

import (
	"os"
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

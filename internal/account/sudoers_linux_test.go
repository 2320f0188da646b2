package account

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ctenv/internal/scratchroot"
	"ctenv/internal/testfiles"
)

func TestAllowSudo(t *testing.T) {
	if !scratchroot.InNamespace(t) {
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
		{"includedir without its directory", map[string]string{"etc/sudoers": "@includedir /etc/sudoers.d\n"}, "/etc/sudoers", "@includedir /etc/sudoers.d\n" + rule},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir, r := scratchroot.Root(t)
			testfiles.Put(t, dir, tc.files)
			file, err := AllowSudo(r, user.UID)
			if err != nil || file != tc.file {
				t.Fatal(file, err)
			}
			if got := scratchroot.Content(t, dir+file); got != tc.want {
				t.Errorf("%s is %q, not %q", file, got, tc.want)
			}
			fi, _ := os.Stat(dir + file)
			if file == sudoersRule && fi.Mode() != 0o440 {
				t.Errorf("mode %v", fi.Mode())
			}
			if _, err := AllowSudo(r, user.UID); err != nil {
				t.Fatal(err)
			}
			again, _ := os.Stat(dir + file)
			if !os.SameFile(fi, again) {
				t.Error("a second run writes it again")
			}
		})
	}
	t.Run("a rule that sudo would refuse", func(t *testing.T) {
		dir, r := scratchroot.Root(t)
		testfiles.Put(t, dir, map[string]string{"etc/sudoers": "@includedir /etc/sudoers.d\n", sudoersRule: rule})
		os.Chmod(dir+sudoersRule, 0o666)
		os.Chown(dir+sudoersRule, 77, 77)
		if _, err := AllowSudo(r, user.UID); err != nil {
			t.Fatal(err)
		}
		if fi, _ := os.Stat(dir + sudoersRule); fi.Mode() != 0o440 || scratchroot.Owner(t, dir+sudoersRule) != [2]int{0, 0} {
			t.Errorf("it is %v of %v", fi.Mode(), scratchroot.Owner(t, dir+sudoersRule))
		}
	})
	t.Run("refused", func(t *testing.T) {
		for name, prepare := range map[string]func(dir string){
			"no sudoers": func(dir string) { testfiles.Put(t, dir, map[string]string{"etc/x": ""}) },
			"a symlink": func(dir string) {
				testfiles.Put(t, dir, map[string]string{"host": "host\n", "etc/sudoers": "@includedir /etc/sudoers.d\n", "etc/sudoers.d/x": ""})
				os.Symlink(dir+"/host", dir+sudoersRule)
			},
			"a mount": func(dir string) {
				testfiles.Put(t, dir, map[string]string{"hostd/x": "", "etc/sudoers": "@includedir /etc/sudoers.d\n", "etc/sudoers.d/x": ""})
				scratchroot.Mount(t, dir+"/hostd", dir+"/etc/sudoers.d", "", unix.MS_BIND)
			},
		} {
			dir, r := scratchroot.Root(t)
			prepare(dir)
			if file, err := AllowSudo(r, user.UID); err == nil {
				t.Errorf("%s: no error, %s written", name, file)
			}
			if left, _ := os.ReadDir(dir + "/hostd"); len(left) > 1 {
				t.Errorf("%s: the host's directory holds %v", name, left)
			}
		}
	})
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

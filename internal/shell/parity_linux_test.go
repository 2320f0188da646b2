package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ctenv/internal/scratchroot"
	"ctenv/internal/shellcall"
)

// The test binary is also the shell.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == shellcall.Shell || os.Args[1] == shellcall.Commands) {
		os.Exit(Main(os.Args, os.Environ()))
	}
	os.Exit(scratchroot.Main(m))
}

// outcome is what a text leaves behind, but for the wording of messages.
type outcome struct {
	status int
	stdout string
	spoke  bool // stderr is not empty
	tree   string
}

// run runs text in a directory of its own that holds a few files.
func runIn(t *testing.T, text string, command ...string) (outcome, string) {
	t.Helper()
	dir := t.TempDir()
	work := filepath.Join(dir, "w")
	for _, d := range []string{work, work + "/d", work + "/d/e"} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, content := range map[string]string{
		"a": "A\n", "b": "B\n", "d/x": "X\n", "d/e/y": "Y\n", ".hidden": "", "../outside": "O\n",
	} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link": "a", "dirlink": "d", "dangling": "nowhere", "d/out": "../../outside", "d/up": ".."} {
		if err := os.Symlink(target, filepath.Join(work, name)); err != nil {
			t.Fatal(err)
		}
	}
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], "-c", text)...)
	// Everything that the text has started ends with the shell.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	cmd.Dir, cmd.Stdout, cmd.Stderr = work, &stdout, &stderr
	cmd.Env = []string{"HOME=/root", "LC_ALL=C", "TZ=UTC", "PATH=/usr/bin:/bin", "LIST=/bin/ls"}
	if command[0] != "bash" {
		cmd.Env[3] = "PATH=/nowhere"
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%s has not ended; stdout %q, stderr %q", command[0], stdout.String(), stderr.String())
	}
	o := outcome{stdout: strings.ReplaceAll(stdout.String(), dir, "DIR"), spoke: stderr.Len() > 0, tree: tree(t, dir)}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		o.status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return o, stderr.String()
}

// tree describes all that is below dir. Times count where a test set them.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %v %d:%d", strings.TrimPrefix(path, dir), info.Mode(), st.Uid, st.Gid)
		if !info.IsDir() {
			fmt.Fprintf(&b, " %d", st.Nlink)
		}
		if info.ModTime().Year() < 2020 {
			fmt.Fprint(&b, " ", info.ModTime().UTC())
		}
		if target, err := os.Readlink(path); err == nil {
			fmt.Fprintf(&b, " -> %s", target)
		}
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %q", content)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestUtilities compares each text with what bash and GNU coreutils make of it:
// standard output, exit status, whether there was a message, and all files with
// their owners, modes, links and content.
func TestUtilities(t *testing.T) {
	scratchroot.Need(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"basename /a/b.c .c; basename /; basename a/; basename .c .c; basename",
		"dirname /a/b a /a / a/b/ a//b //a",
		"cat a b; cat a nowhere b",
		"cat d", "echo in | cat a -", "cat -- a", "cat --no-such a 2>/dev/null",
		"cat a | cat | cat",

		"chmod 600 a", "chmod 4755 a", "chmod +x a", "chmod u+x,g-r,o= a", "chmod a=r b", "chmod go-rwx d", "chmod -w a",
		"chmod u=rwX,go=rX a d", "chmod g=u a", "chmod ug+s,+t d", "chmod 2775 d; chmod 755 d", "chmod 02775 d; chmod 00755 d",
		"chmod -R 700 d", "chmod -R go-rx,u+X d", "chmod 600 link", "chmod u+x-w a", "chmod =r a", "umask 077; chmod +rwx a",
		"chmod 600 nowhere a", "chmod 9 a", "chmod u+q a", "chmod", "chmod 600", "chmod -R 600 dirlink/.", "chmod 600 dangling",
		"chmod u=g,o=u a", "chmod 1777 d; chmod = d", "chmod u=rws,g=s d",

		"chown 4242 a", "chown 4242:4343 a", "chown :4343 a", "chown daemon: a", "chown daemon:bin a", "chown nosuchuser a",
		"chown 4242 link", "chown -h 4242 link", "chown -R 4242:4343 d", "chown -R 4242 dirlink", "chown -R 4242 dirlink/",
		"chown 4242 nowhere a", "chown", "chown 1", "chgrp 4343 a", "chgrp bin a b", "chgrp -R 4343 d", "chown 99999999999 a", "chown 4294967295 a",
		"chmod 4755 a; chown 4242 a", "chown -R 4242 .", "chown root:nosuchgroup a",

		"cp a c", "cp a b d", "cp a d/", "cp a b c", "cp d c", "cp -r d c", "cp -r d dirlink", "cp -R d/. c", "cp -r link c", "cp link c",
		"cp -P link c", "cp -a d c", "cp -a link c", "chmod 400 a; chown 4242:4343 a; cp -p a c; cp a e", "cp -T d c", "cp -rT d c",
		"cp -rT d/e c; cp -r d c", "cp -t d a b", "cp a a", "cp a link", "cp a dangling", "cp nowhere c; cp a", "cp", "cp a nowhere/c",
		"cp -n a b", "cp -f a b", "chmod 4755 a; cp a c; cp -p a e", "touch -d @1000 a; cp -p a c", "ln a h; cp -a a h d",
		"cp -rL d/e c", "cp -a d/out c", "cp -d link c", "chmod 500 d; cp -r d c", "cp -v a c", "cp -r a d c", "mkdir c; cp -r a d c",
		"cp -r nowhere c", "cp .hidden c", "cp -rP dirlink c", "cp -r d/ c", "cp --no-such a b 2>/dev/null",

		// Left out: what GNU's cp leaves behind of a directory copied into itself depends on
		// the order of its entries, and its warning of a file named twice is no failure.

		"env -i A=1 B=2; env -i - C=3", "env -i A=1 -- env", "A=1 env -u A -u HOME env -u PATH -u LIST -u TZ -u LC_ALL -u PWD -u OLDPWD -u SHLVL -u _",
		"env X=y nosuchcommand 2>/dev/null", "env -i X='a b' env", "env -i /usr/bin/env; :", "Q=1 env -i /usr/bin/env; :", "env false", "env true", "env -i test 1 = 2",

		"false", "true", "test -f a && [ -d d ] && echo yes", "test 1 -gt 2",

		"id -u; id -g; id -un; id -gn; id -G; id -Gn; id", "id daemon", "id -u daemon", "id nosuchuser 2>/dev/null", "whoami",

		"ln a h", "ln -s a s", "ln -s a", "ln -s ../outside", "ln -s a b d", "ln -s a link", "ln -sf b link", "ln -sfn a dirlink", "ln -sf a dirlink",
		"ln d h", "ln a b", "ln -f a b", "ln nowhere h", "ln -s nowhere s", "ln -sT a d", "ln -sfT a link", "ln -f a a", "ln -st d a b", "ln link h", "ln", "ln -sv a s",
		"ln -sf a d/", "ln -s '' s",

		"ls", "ls -a", "ls -A", "ls -1 d", "ls d a", "ls -d d", "ls -d", "ls link dirlink", "ls nowhere", "ls a nowhere", "ls -ln d/x a | while read -r m rest; do echo $m; done",
		"ls dangling", "ls d dirlink", "ls -la d/e | while read m n u g rest; do echo $m $n $u $g; done", "chmod 7654 a; ls -ln a | while read m rest; do echo $m; done",
		"printf 0123456789 >a; touch -d @1000 a b; ls -ln a b; mv a 'x\ty'; ls -ln x* b",

		"mkdir c", "mkdir a", "mkdir -p a", "mkdir -p c/f/g", "mkdir -p d", "mkdir c/f", "mkdir -m 700 c", "mkdir -m 1777 c", "mkdir -pm 700 c/f", "umask 077; mkdir c",
		"umask 077; mkdir -p c/f", "mkdir", "mkdir c c", "mkdir d e", "mkdir -p a/c", "mkdir -p dirlink/c", "mkdir c/", "mkdir -p dangling", "mkdir -m u=rwx,go= c", "mkdir -p c/../f", "mkdir -m 9 c",
		"mkdir -pv c/f >/dev/null", "mkdir -p /; mkdir -p .", "set -e; mkdir d; echo not reached",

		"mv a c", "mv a b", "mv a d", "mv a b d", "mv a b c", "mv d c", "mv d a", "mv a d/x", "mv link c", "mv dirlink c", "mv a link", "mv a dirlink", "mv nowhere c", "mv a a",
		"mv -n a b", "mv -f a b", "mv -T a c", "mv -t d a b", "mv", "mv a", "mv -v a c", "mv d d/e", "mkdir c; mv -T c d", "mkdir c; mv -T d c", "mv a nowhere/c", "mkdir c; mv d/e c", "mv d/ c", "mv -T a d",

		"readlink link; readlink a; readlink d/out dirlink; readlink -n link", "readlink -f link d/up/a dangling; readlink -f nowhere/x", "readlink",

		"rm a", "rm a nowhere b", "rm -f a nowhere", "rm d", "rm -r d", "rm -rf d nowhere", "rm link dirlink", "rm -r dirlink", "rm -rf dirlink/", "rm dangling", "rm", "rm -f", "rm -r .", "rm -rf d/..",
		"rm -d d/e", "mkdir c; rm -d c", "rm -rf d/e/. ; ls d", "rm -f d", "rm -rf ''", "rm -R d", "rm -- a", "rm -v a", "rm -f a/b", "rm a/b", "rm -r d/up", "rm -rf d/",

		"rmdir d/e", "rm d/e/y; rmdir d/e", "mkdir -p c/f; rmdir -p c/f", "rmdir a", "rmdir nowhere", "rmdir", "rmdir dirlink",

		"sleep 0.01; sleep 0s 0.01; sleep x", "sleep", "sleep 1x",

		"touch c", "touch a c", "touch -c c", "touch -d '2001-02-03 04:05:06' a c", "touch -d @1000 a; touch -r a b", "touch -r nowhere a", "touch -d @1000 a; touch -a a", "touch -d @1000 a; touch -m a",
		"touch dangling", "touch nowhere/c a", "touch", "touch d -d @1000", "umask 077; touch c", "(umask 077; : >c); umask; : >f; (umask 027; touch g); touch h", "touch -d bad a", "touch -d 2001-02-03T04:05:06Z a", "touch link -d @1000",

		"uname; uname -s; uname -m; uname -a >/dev/null",
		"command -v mkdir >/dev/null && echo found; command -v nosuch || echo missing",
		"mkdir c && cd c && touch x && ls && cd .. && rm -r c && pwd",
	} {
		t.Run(text, func(t *testing.T) {
			want, wantErr := runIn(t, text, "bash")
			got, gotErr := runIn(t, text, self, shellcall.Shell)
			if got != want {
				t.Errorf("got status %d, stdout %q, stderr %q\nwant status %d, stdout %q, stderr %q\ntree:\n%s", got.status, got.stdout, gotErr,
					want.status, want.stdout, wantErr, difference(want.tree, got.tree))
			}
		})
	}
}

func difference(want, got string) string {
	var b strings.Builder
	for line := range strings.Lines(want) {
		if !strings.Contains(got, line) {
			b.WriteString("- " + line)
		}
	}
	for line := range strings.Lines(got) {
		if !strings.Contains(want, line) {
			b.WriteString("+ " + line)
		}
	}
	return b.String()
}

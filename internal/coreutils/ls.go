//go:build linux

package coreutils

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// ls [-1aAdln] [FILE...], one a line, in the order of their bytes. As GNU's, it
// ends with 2 when an operand is not there.
func ls(c *Call, o options, operands []string) {
	if len(operands) == 0 {
		operands = []string{"."}
	}
	slices.Sort(operands)
	var files, directories []string
	infos := map[string]fs.FileInfo{}
	for _, name := range operands {
		info, err := c.listed(name, o)
		switch {
		case err != nil:
			c.fail(name, err)
			c.status = 2
		case info.IsDir() && !o.has('d'):
			directories = append(directories, name)
		default:
			files, infos[name] = append(files, name), info
		}
	}
	c.list("", files, infos, o)
	for i, name := range directories {
		if len(operands) > 1 {
			if i > 0 || len(files) > 0 {
				fmt.Fprintln(c.Stdout)
			}
			fmt.Fprintf(c.Stdout, "%s:\n", name)
		}
		if err := c.listDir(name, o); err != nil {
			c.fail(name, err)
			c.status = 2
		}
	}
}

// listed looks at an operand: a symlink to a directory stands for the directory, except
// with -l or -d.
func (c *Call) listed(name string, o options) (fs.FileInfo, error) {
	if !o.has('l', 'n', 'd') {
		if info, err := os.Stat(c.path(name)); err == nil {
			return info, nil
		}
	}
	return os.Lstat(c.path(name))
}

func (c *Call) listDir(name string, o options) error {
	f, err := os.Open(c.path(name))
	if err != nil {
		return err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return err
	}
	if o.has('a') {
		names = append(names, ".", "..")
	} else if !o.has('A') {
		names = slices.DeleteFunc(names, func(name string) bool { return name[0] == '.' })
	}
	slices.Sort(names)
	infos, blocks := map[string]fs.FileInfo{}, int64(0)
	if o.has('l', 'n') {
		for _, entry := range names {
			info, err := os.Lstat(c.path(name + "/" + entry))
			if err != nil {
				c.fail(name+"/"+entry, err)
				continue
			}
			infos[entry] = info
			blocks += info.Sys().(*syscall.Stat_t).Blocks // of 512 bytes
		}
		fmt.Fprintf(c.Stdout, "total %d\n", (blocks+1)/2)
	}
	c.list(name+"/", names, infos, o)
	return nil
}

// list writes entries; parent is what leads to them.
func (c *Call) list(parent string, names []string, infos map[string]fs.FileInfo, o options) {
	if !o.has('l', 'n') {
		for _, name := range names {
			fmt.Fprintln(c.Stdout, name)
		}
		return
	}
	// Modes are all of one length, and names can hold any byte: only what stands
	// between them is laid out.
	var columns bytes.Buffer
	var modes, ends []string
	table := tabwriter.NewWriter(&columns, 0, 0, 1, ' ', tabwriter.AlignRight)
	for _, name := range names {
		info := infos[name]
		if info == nil {
			continue
		}
		st := info.Sys().(*syscall.Stat_t)
		owner, group := strconv.Itoa(int(st.Uid)), strconv.Itoa(int(st.Gid))
		if !o.has('n') {
			owner, group = ownerNames(owner, group)
		}
		if target, err := os.Readlink(c.path(parent + name)); err == nil {
			name += " -> " + target
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%d\t\n", st.Nlink, owner, group, info.Size())
		modes = append(modes, modeText(info.Mode()))
		ends = append(ends, timeText(info.ModTime())+" "+name)
	}
	table.Flush()
	for i := range modes {
		line, _ := columns.ReadString('\n')
		fmt.Fprintf(c.Stdout, "%s%s %s\n", modes[i], strings.TrimSuffix(line, "\n"), ends[i])
	}
}

func ownerNames(uid, gid string) (owner, group string) {
	owner, group = uid, gid
	if u, err := user.LookupId(uid); err == nil {
		owner = u.Username
	}
	if g, err := user.LookupGroupId(gid); err == nil {
		group = g.Name
	}
	return owner, group
}

// modeText is the mode in ls's ten letters.
func modeText(m fs.FileMode) string {
	kind := "-"
	for _, k := range []struct {
		mode   fs.FileMode
		letter string
	}{
		{fs.ModeDir, "d"}, {fs.ModeSymlink, "l"}, {fs.ModeNamedPipe, "p"}, {fs.ModeSocket, "s"},
		{fs.ModeDevice, "b"}, {fs.ModeCharDevice, "c"}, // a character device has both bits
	} {
		if m&k.mode != 0 {
			kind = k.letter
		}
	}
	text := []byte(kind + m.Perm().String()[1:])
	for _, s := range []struct {
		mode   fs.FileMode
		at     int
		letter byte
	}{{fs.ModeSetuid, 3, 's'}, {fs.ModeSetgid, 6, 's'}, {fs.ModeSticky, 9, 't'}} {
		if m&s.mode != 0 {
			if text[s.at] == '-' {
				s.letter = strings.ToUpper(string(s.letter))[0]
			}
			text[s.at] = s.letter
		}
	}
	return string(text)
}

func timeText(t time.Time) string {
	if age := time.Since(t); age < 0 || age > 182*24*time.Hour {
		return t.Format("Jan _2  2006")
	}
	return t.Format("Jan _2 15:04")
}

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// file is one that is packed.
type file struct {
	data []byte
	mode fs.FileMode
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// files are those of a platform, by their paths below a prefix.
func (r release) files(t target, program string, parts []part) (map[string]file, error) {
	files := map[string]file{}
	from := map[string]string{
		"bin/ctenv":                    program,
		"share/doc/ctenv/README.md":    filepath.Join(r.source, "README.md"),
		"share/doc/ctenv/CHANGELOG.md": filepath.Join(r.source, "CHANGELOG.md"),
		"share/doc/ctenv/LICENSE":      filepath.Join(r.source, "LICENSE"),
	}
	if t.os == "linux" {
		from["libexec/ctenv/ctenv-init"] = filepath.Join(r.source, initDir, "ctenv-init-linux-"+t.arch)
	}
	err := filepath.WalkDir(r.share, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(r.share, name)
		from[filepath.ToSlash(rel)] = name
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, source := range from {
		data, err := os.ReadFile(source)
		if err != nil {
			return nil, err
		}
		f := file{data, 0o644}
		if strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "libexec/") {
			f.mode = 0o755
		}
		files[name] = f
	}
	licenses, err := r.licenses(parts)
	files["share/doc/ctenv/THIRD-PARTY-LICENSES"] = file{licenses, 0o644}
	return files, err
}

// archive is a compressed tar of files below a directory dir.
func (r release) archive(dir string, files map[string]file) ([]byte, error) {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, name := range sorted(files) {
		f := files[name]
		header := &tar.Header{
			Name: path.Join(dir, name), Mode: int64(f.mode), Size: int64(len(f.data)), ModTime: r.date,
			Typeflag: tar.TypeReg, Uname: "root", Gname: "root", Format: tar.FormatUSTAR,
		}
		if err := t.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.data); err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	return compressed(b.Bytes())
}

// compressed is data by gzip, without a name or a time in its head.
func compressed(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(data); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

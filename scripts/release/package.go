package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// engines are what runs containers, as the formats write a choice.
var engines = map[string]string{
	"deb": "docker.io | docker-ce | podman",
	"rpm": "(podman or moby-engine or docker-ce)",
}

// systemPackage makes a package of a format, "deb" or "rpm", and gives its file's name.
func (r release) systemPackage(format, arch string, all map[string]file) (name string, data []byte, err error) {
	dir, err := os.MkdirTemp("", "ctenv-package-")
	if err != nil {
		return "", nil, err
	}
	defer os.RemoveAll(dir)
	contents, err := r.contents(format, dir, all)
	if err != nil {
		return "", nil, err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "ctenv", Arch: arch, Platform: "linux", Version: r.version, Release: "1", MTime: r.date,
		Section: "devel", Priority: "optional", Maintainer: "The authors of ctenv", License: "Apache-2.0",
		Description: "run a command in any container image as yourself\n" +
			"ctenv runs a command in any container image as the person who called it: same\n" +
			"user, group, name and home, the project mounted at a fixed path, and every file\n" +
			"on the host owned by that person.",
		DisableGlobbing: true, // names are paths
		Overridables: nfpm.Overridables{
			Recommends: []string{engines[format]},
			Contents:   contents,
			RPM:        nfpm.RPM{BuildHost: "localhost"},
		},
	})
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return "", nil, err
	}
	packager, err := nfpm.Get(format)
	if err != nil {
		return "", nil, err
	}
	var b bytes.Buffer
	err = packager.Package(info, &b)
	return packager.ConventionalFileName(info), b.Bytes(), err
}

// contents are the files where a distribution wants them. nfpm reads them from dir.
func (r release) contents(format, dir string, all map[string]file) (files.Contents, error) {
	var contents files.Contents
	for _, name := range sorted(all) {
		f := all[name]
		target, kind := "/usr/"+name, files.TypeFile
		switch {
		case strings.HasPrefix(name, "etc/"):
			target, kind = "/"+name, files.TypeConfigNoReplace
		case strings.HasPrefix(name, "share/man/"):
			data, err := compressed(f.data)
			if err != nil {
				return nil, err
			}
			target, f.data = target+".gz", data
		case format == "deb" && strings.HasPrefix(name, "share/zsh/"):
			target = "/usr/share/zsh/vendor-completions/" + filepath.Base(name)
		case format == "deb" && filepath.Base(name) == "LICENSE":
			target = "/usr/share/doc/ctenv/copyright"
		}
		source := filepath.Join(dir, strings.ReplaceAll(name, "/", "%"))
		if err := os.WriteFile(source, f.data, 0o644); err != nil {
			return nil, err
		}
		contents = append(contents, &files.Content{
			Source: source, Destination: target, Type: kind,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: r.date},
		})
	}
	return contents, nil
}

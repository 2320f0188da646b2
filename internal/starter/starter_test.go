package starter

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
)

func TestDetect(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  Starter // Volumes and Install left out
	}{
		{"nothing", nil, Starter{Because: "nothing here says what it is made with, so it is a plain Debian", Image: "debian:stable"}},
		{"go", map[string]string{"go.mod": "module x\n\ngo 1.26.0\n", "Makefile": ""}, Starter{Because: "go.mod", Image: "golang:1.26", Command: "go test ./..."}},
		{"go without a version", map[string]string{"go.mod": "module x\n"}, Starter{Because: "go.mod", Image: "golang:1", Command: "go test ./..."}},
		{"rust", map[string]string{"Cargo.toml": ""}, Starter{Because: "Cargo.toml", Image: "rust:1", Command: "cargo build"}},
		{"node", map[string]string{"package.json": `{"engines":{"node":">=20.1 <23"},"scripts":{"test":"x"}}`}, Starter{Because: "package.json", Image: "node:20", Command: "npm test"}},
		{"node by nvm", map[string]string{"package.json": `{}`, ".nvmrc": "v22.1.0\n"}, Starter{Because: "package.json", Image: "node:22", Command: "npm ci"}},
		{"node, broken", map[string]string{"package.json": `{`}, Starter{Because: "package.json", Image: "node:lts", Command: "npm ci"}},
		{"python", map[string]string{"requirements.txt": ""}, Starter{Because: "requirements.txt", Image: "python:3", Command: "python3 -m unittest"}},
		{"python with a version", map[string]string{"pyproject.toml": "", ".python-version": "3.12.4\n"}, Starter{Because: "pyproject.toml", Image: "python:3.12", Command: "python3 -m unittest"}},
		{"make", map[string]string{"Makefile": ""}, Starter{Because: "Makefile", Image: "gcc:14", Command: "make"}},
		{"cmake", map[string]string{"CMakeLists.txt": "", "Makefile": ""}, Starter{Because: "CMakeLists.txt", Image: "gcc:14", Command: "cmake -B build && cmake --build build"}},
		{"Dockerfile", map[string]string{"Dockerfile": "", "go.mod": "go 1.26"}, Starter{Because: "Dockerfile", Dockerfile: "Dockerfile", Command: "go test ./..."}},
		{"devcontainer image", map[string]string{".devcontainer/devcontainer.json": "{\n // the image\n \"image\": \"mcr.example/base:1\", /* end */\n}", "Dockerfile": ""},
			Starter{Because: ".devcontainer/devcontainer.json", Image: "mcr.example/base:1"}},
		{"devcontainer build", map[string]string{".devcontainer/devcontainer.json": `{"build":{"dockerfile":"Dockerfile","context":"..","target":"dev"}}`},
			Starter{Because: ".devcontainer/devcontainer.json", Dockerfile: ".devcontainer/Dockerfile", Context: ".", Target: "dev"}},
		{"devcontainer build, no context", map[string]string{".devcontainer/devcontainer.json": `{"build":{"dockerfile":"sub/D"}}`},
			Starter{Because: ".devcontainer/devcontainer.json", Dockerfile: ".devcontainer/sub/D", Context: ".devcontainer/sub"}},
		{"devcontainer of old", map[string]string{".devcontainer.json": `{"dockerFile":"D"}`}, Starter{Because: ".devcontainer.json", Dockerfile: "D", Context: "."}},
		{"devcontainer with features alone", map[string]string{".devcontainer.json": `{"features":{}}`, "Cargo.toml": ""}, Starter{Because: "Cargo.toml", Image: "rust:1", Command: "cargo build"}},
		{"devcontainer outside", map[string]string{".devcontainer.json": `{"dockerFile":"../../D"}`, "Cargo.toml": ""}, Starter{Because: "Cargo.toml", Image: "rust:1", Command: "cargo build"}},
		{"devcontainer broken", map[string]string{".devcontainer.json": `{"image":`, "Cargo.toml": ""}, Starter{Because: "Cargo.toml", Image: "rust:1", Command: "cargo build"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := fstest.MapFS{}
			for name, text := range tt.files {
				dir[name] = &fstest.MapFile{Data: []byte(text)}
			}
			got, err := Detect(dir, Machine{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Because != tt.want.Because || got.Image != tt.want.Image || got.Dockerfile != tt.want.Dockerfile ||
				got.Context != tt.want.Context || got.Target != tt.want.Target || got.Command != tt.want.Command && tt.want.Command != "" {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

type broken struct{ fs.FS }

func (broken) Open(string) (fs.File, error) { return nil, errors.New("broken") }

func TestDetectError(t *testing.T) {
	if _, err := Detect(broken{}, Machine{}); err == nil {
		t.Error("no error for a directory that cannot be read")
	}
}

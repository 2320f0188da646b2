package cgroup

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemory(t *testing.T) {
	for name, c := range map[string]struct {
		files              map[string]string
		kills, limit, pids int64
	}{
		"version 2":           {map[string]string{"memory.events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n", "memory.max": "33554432\n", "pids.max": "16\n"}, 2, 33554432, 16},
		"version 2, no limit": {map[string]string{"memory.events": "oom_kill 0\n", "memory.max": "max\n", "pids.max": "max\n"}, 0, 0, 0},
		"version 1": {map[string]string{"memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n",
			"memory/memory.limit_in_bytes": "1048576\n", "pids/pids.max": "20\n"}, 4, 1048576, 20},
		"version 1, no limit": {map[string]string{"memory/memory.oom_control": "oom_kill_disable 0\n",
			"memory/memory.limit_in_bytes": "9223372036854771712\n"}, 0, 0, 0},
		"none": {nil, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range c.files {
				path := filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if kills, limit, pids := Kills(root), Limit(root), PIDs(root); kills != c.kills || limit != c.limit || pids != c.pids {
				t.Errorf("%d kills, limit %d, %d processes; want %d, %d and %d", kills, limit, pids, c.kills, c.limit, c.pids)
			}
		})
	}
}

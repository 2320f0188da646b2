package procid

import (
	"errors"
	"os"
	"strings"
)

// look reads what the kernel says of a process, by its number or "self".
func look(pid string) (id, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id{}, err
	}
	namespace, err := os.Readlink("/proc/self/ns/pid") // "pid:[4026531836]"
	if err != nil {
		return id{}, err
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return id{}, err
	}
	// The second field, the program's name in parentheses, may hold anything.
	text := string(stat)
	number, _, _ := strings.Cut(text, " ")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return id{}, errors.New("the process has ended")
	}
	return id{strings.TrimSpace(string(boot)), strings.Trim(namespace, "pid:[]"), number, fields[19]}, nil
}

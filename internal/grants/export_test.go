package grants

import (
	"ctenv/internal/config"
	"ctenv/internal/expand"
	"ctenv/internal/runargs"
)

// HasKeyRule and HasOptionRule are for the test of the two tables of rules.
func HasKeyRule(key string) bool     { _, ok := keyRules[key]; return ok }
func HasOptionRule(name string) bool { _, ok := optionRules[name]; return ok }

// JudgeRow and JudgeOption judge one of each.
func JudgeRow(key, value string) []Grant {
	return (judge{&expand.Draft{}}).rowGrants(config.Row{Key: key, Value: value, V: value})
}
func JudgeOption(name, value string) []Grant {
	return optionGrants(expand.Option{Arg: runargs.Arg{Name: name, Value: value}})
}

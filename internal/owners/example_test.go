package owners_test

import (
	"fmt"

	"ctenv/internal/owners"
)

// A file of the caller's is not believed where others can put another in its place.
func ExampleTrail_Judge() {
	trail := owners.Trail{
		{Path: "/", Directory: true},
		{Path: "/srv", Directory: true, Writers: "everybody"},
		{Path: "/srv/.ctenv.toml", UID: 1000},
	}
	stranger := trail.Judge(owners.Mine{UIDs: []int{1000}})
	fmt.Println(stranger.Error("/srv/.ctenv.toml"))

	trail[1].Sticky = true
	fmt.Println(trail.Judge(owners.Mine{UIDs: []int{1000}}))
	// Output:
	// "/srv/.ctenv.toml" is not used: "/srv" can be written by everybody
	// <nil>
}

//go:build linux

package coreutils

// cp [-rRapdPLfnvT] [-t DIR] FILE... [DESTINATION]
func cp(c *Call, o options, operands []string) {
	recursive := o.has('r', 'R', 'a')
	p := copier{
		c: c, options: o, links: map[[2]uint64]string{},
		recursive: recursive,
		follow:    o.has('L') || !recursive && !o.has('P', 'd'),
		preserve:  o.has('a', 'p'),
		force:     o.has('f'),
		noClobber: o.has('n'),
	}
	for _, t := range c.transfers(o, operands) {
		p.into = nil
		p.copy(t.from, t.to)
	}
}

package saferoot

import "golang.org/x/sys/unix"

// HideStatx has statx(2) be missing, or with old answer as before Linux 5.8, until the
// returned function is called.
func HideStatx(old bool) (show func()) {
	before := statx
	statx = func(fd int, path string, flags, mask int, st *unix.Statx_t) error {
		if !old {
			return unix.ENOSYS
		}
		err := before(fd, path, flags, mask&^unix.STATX_MNT_ID, st)
		st.Mask &^= unix.STATX_MNT_ID
		st.Attributes_mask &^= unix.STATX_ATTR_MOUNT_ROOT
		st.Attributes &^= unix.STATX_ATTR_MOUNT_ROOT
		return err
	}
	return func() { statx = before }
}

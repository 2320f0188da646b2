#define _POSIX_C_SOURCE 200809L

#include "mapped.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int mapped_open(struct mapped *m, const char *path)
{
	struct stat st;
	void *data = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return -1;
	}
	/* mmap(2) refuses a length of 0. */
	if (st.st_size > 0)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return -1;
	m->data = data;
	m->size = (size_t)st.st_size;
	return 0;
}

int mapped_close(struct mapped *m)
{
	return m->size > 0 ? munmap((void *)m->data, m->size) : 0;
}

#ifndef MAPPED_H
#define MAPPED_H

#include <stddef.h>

/* A file's content in memory, read-only. */
struct mapped {
	const unsigned char *data;
	size_t size;
};

/* Both return 0, or -1 with errno set. */
int mapped_open(struct mapped *m, const char *path);
int mapped_close(struct mapped *m);

#endif

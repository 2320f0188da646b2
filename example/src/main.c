/* Prints the CRC-32 of each file named on the command line. */
#include <stdio.h>

#include "crc32.h"
#include "mapped.h"

int main(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		struct mapped file;

		if (mapped_open(&file, argv[i]) < 0) {
			perror(argv[i]);
			status = 1;
			continue;
		}
		printf("%08x  %s\n", (unsigned)crc32(file.data, file.size), argv[i]);
		mapped_close(&file);
	}
	return status;
}

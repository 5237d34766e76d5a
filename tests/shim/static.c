/* A program that the shim cannot enter: it is linked statically. */
int main(void) { return 0; }

module conform/gopickle

go 1.21

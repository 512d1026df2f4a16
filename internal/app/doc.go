// Package app joins everything into the program: it reads the configuration,
// opens what the features need, gives each feature the others that it works
// with, puts their routes behind one router and runs the commands.
//
// It imports every feature and is imported by main alone. What one feature
// needs to know of a later one is joined here, in join.go.
package app

// Package staff knows who works at the desk: for which agency and in which
// roles.
//
// A member is an account that was appointed; it signs in like everybody else,
// always with the second step, in shorter sessions. What a member may do is read
// from the database at every request, so that a role that was taken away is gone
// at once. Agencies are codes here; what they are called is the catalogue's.
package staff

// Package register holds the connectors to state registers, one subpackage per
// register.
//
// A connector speaks the partner's protocol and says what the register knows,
// nothing more: it stores nothing, decides nothing and knows no service. It
// tells apart an answer (also "not found" is one), a partner that cannot answer
// now, which is worth a retry, and a request the partner will never take, which
// is our mistake. A request carries an ID made by the caller; asked again with
// the same ID, the partner gives the same answer.
//
// Personal data goes out in the request and comes back in the answer. It is
// never part of an error.
package register

// Package web answers HTTP requests with pages.
//
// A Router puts what every request needs around the handlers: security
// headers, the visitor (who asks, in which language), the check of forms'
// CSRF value, limits of size, and the page of the error that a handler
// returned. Handlers are short: read a form, call a service, draw a page or
// redirect. A page is drawn in memory and sent whole, so a failure while
// drawing is still an error page.
//
// A form's CSRF value is bound to the session, or to a random cookie while
// nobody is signed in, and masked anew on each page, since pages are
// compressed. In a multipart form it must be the first part, so that a file is
// never read for a stranger.
package web

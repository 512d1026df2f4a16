package app

import "kabinet/internal/proofing"

// identityPath is where somebody proves who they are.
const identityPath = proofing.Path

"""The AWS CLI whose tokens say that they live for a little over a minute, not for fourteen."""

import sys

import awscli.clidriver
import awscli.customizations.eks.get_token

# Clients renew a token a minute before its end (kube-client), so every few seconds.
awscli.customizations.eks.get_token.TOKEN_EXPIRATION_MINS = 64 / 60
sys.exit(awscli.clidriver.main())

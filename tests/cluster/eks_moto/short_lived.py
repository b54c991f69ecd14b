"""The AWS CLI whose tokens say that they live for eighty seconds, not for fourteen minutes."""

import sys

import awscli.clidriver
import awscli.customizations.eks.get_token

# labproof's own client renews a token a minute before its end, so after twenty seconds.
awscli.customizations.eks.get_token.TOKEN_EXPIRATION_MINS = 80 / 60
sys.exit(awscli.clidriver.main())

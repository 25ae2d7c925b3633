// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC1271} from "solady/src/accounts/ERC1271.sol";
import {EIP712} from "solady/src/utils/EIP712.sol";

/// @title An account of one key by Solady, which takes signatures nested in its own domain only (ERC-7739)
contract NestedWallet is EIP712, ERC1271 {
    address private immutable _key;

    constructor(address key) {
        _key = key;
    }

    function _erc1271Signer() internal view override returns (address) {
        return _key;
    }

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Nested", "1");
    }
}

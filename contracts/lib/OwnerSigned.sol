// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IOwnerSigned} from "../interfaces/IOwnerSigned.sol";

/// @title Signatures that are used once
abstract contract OwnerSigned is IOwnerSigned {
    /// @inheritdoc IOwnerSigned
    mapping(address signer => uint256) public nonces;

    /// @inheritdoc IOwnerSigned
    function cancelNonce() external {
        _useNonce(msg.sender);
    }

    /// @dev Reverts unless `signer` signed. `structHash` holds a nonce that the caller took by `_useNonce`, so that no
    ///      signature serves twice.
    function _requireSigned(address signer, bytes32 structHash, uint256 deadline, bytes calldata signature)
        internal
        view
    {
        // The deadlines are of minutes to days: what a validator can shift does not matter.
        // slither-disable-next-line timestamp
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        bytes32 digest = MessageHashUtils.toTypedDataHash(_domainSeparator(), structHash);
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert InvalidSignature(signer, digest);
        }
    }

    /// @dev Takes the signer's nonce, which no other signature can carry from now on.
    function _useNonce(address signer) internal returns (uint256 nonce) {
        nonce = nonces[signer]++;
        emit NonceUsed(signer, nonce);
    }

    /// @dev The separator of the registry's EIP-712 domain.
    function _domainSeparator() internal view virtual returns (bytes32);
}
